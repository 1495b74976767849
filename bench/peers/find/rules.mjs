// Templates as rules of json-rules-engine, asked for every cart: see bench/scenario/find.sh.
//
// Usage: node rules.mjs FOLDER CARTS     templates.tsv and carts.tsv of find_bench --export
import { readFileSync } from 'node:fs'
import { Engine, Operator } from 'json-rules-engine'

const [folder, most] = process.argv.slice(2)
const words = (text) => text.slice(1, -1).split(',').filter((word) => word !== '')
const rows = (name) =>
  readFileSync(`${folder}/${name}`, 'utf8').trimEnd().split('\n').map((line) => line.split('\t'))

const engine = new Engine()
engine.addOperator(new Operator('overlaps', (has, wanted) => wanted.some((word) => has.has(word))))
engine.addOperator(new Operator('avoids', (has, wanted) => !wanted.some((word) => has.has(word))))
let begun = performance.now()
for (const [id, any, within, without, spend] of rows('templates.tsv')) {
  const all = [{ fact: 'total', operator: 'greaterThanInclusive', value: Number(spend) }]
  if (any !== '{}') all.push({ fact: 'lines', operator: 'overlaps', value: words(any) })
  if (within !== '{}') all.push({ fact: 'context', operator: 'overlaps', value: words(within) })
  if (without !== '{}') all.push({ fact: 'lines', operator: 'avoids', value: words(without) })
  engine.addRule({ conditions: { all }, event: { type: id } })
}
const built = performance.now() - begun

const times = []
let found = 0
const carts = rows('carts.tsv').slice(0, Number(most))
for (const [lines, context, total] of carts) {
  const facts = {
    lines: new Set(words(lines)),
    context: new Set(words(context)),
    total: Number(total)
  }
  begun = performance.now()
  const { events } = await engine.run(facts)
  times.push(performance.now() - begun)
  found += events.length
}
times.sort((a, b) => a - b)
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))]
console.log(
  `json-rules-engine: p50 ${(at(0.5) * 1000).toFixed(0)} us, p99 ${(at(0.99) * 1000).toFixed(0)} us; ` +
    `fit, mean ${(found / carts.length).toFixed(1)}; built in ${(built / 1000).toFixed(2)} s`
)
