// A receiver of webhooks that believes nothing: each request must pass the verifier of the npm
// package standardwebhooks. Node 18 or later.
//
//   node receiver.mjs PORT DIRECTORY
//
// It reads DIRECTORY/secret and DIRECTORY/mode anew for each request, writes its port to
// DIRECTORY/port, and a line `ID STATUS SUBJECT REVISION TYPE SIGNATURES` for each request to
// DIRECTORY/log; STATUS is `bad` for what did not pass.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const [port, directory] = process.argv.slice(2);
const said = (name) => readFileSync(`${directory}/${name}`, 'utf8').trim();
const statuses = { ok: 200, slow: 204, late: 200, fail: 500, gone: 410, move: 302 };
const delays = { slow: 20, late: 2000 };

function verified(request, body) {
  try {
    return new Webhook(said('secret')).verify(body, request.headers);
  } catch {
    return null;
  }
}

function tell(request, event, status) {
  const signatures = String(request.headers['webhook-signature']).split(' ').length;
  const { subject = '-', type = '-', data = {} } = event ?? {};
  appendFileSync(`${directory}/log`,
    `${request.headers['webhook-id']} ${status} ${subject} ${data.revision ?? 0} ${type} ${signatures}\n`);
}

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const event = verified(request, Buffer.concat(parts).toString('utf8'));
    const same = event !== null && event.id === request.headers['webhook-id'];
    const mode = said('mode');
    const status = same ? statuses[mode] : 400;
    setTimeout(() => {
      tell(request, event, same ? status : 'bad');
      response.writeHead(status, { location: '/elsewhere' }).end('{}');
    }, delays[mode] ?? 0);
  });
});

server.listen(Number(port), '127.0.0.1', () => {
  writeFileSync(`${directory}/port.new`, `${server.address().port}\n`);
  renameSync(`${directory}/port.new`, `${directory}/port`);
});
