// voucher-code-generator: so many codes of 12 digits in groups of 4, all different, as CSV.
// Usage: node vouchers.mjs COUNT FILE; one line of JSON. See bench/scenario/codes.sh.
import { closeSync, openSync, writeSync } from 'node:fs';
import vouchers from 'voucher-code-generator';

const count = Number(process.argv[2]);
const file = openSync(process.argv[3], 'w');
const began = process.hrtime.bigint();
const codes = vouchers.generate({ count, charset: '0123456789', pattern: '####-####-####' });
const made = process.hrtime.bigint();
writeSync(file, 'code\n');
for (let at = 0; at < count; at += 100000)
    writeSync(file, codes.slice(at, at + 100000).join('\n') + '\n');
closeSync(file);
const written = process.hrtime.bigint();
console.log(JSON.stringify({
    codes: codes.length,
    generate_ms: Number((made - began) / 1000000n),
    ms: Number((written - began) / 1000000n),
}));
