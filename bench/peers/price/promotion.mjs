// The promotions of Medusa on the carts of price_bench --export: see bench/scenario/price.sh.
//
// Usage: node promotion.mjs CARTS.JSONL
//
// What is timed is computeActions of the module's service as it is published, with its filters,
// rules and order of promotions. The module loads promotions from PostgreSQL on each call; here
// they are objects in memory already, so what loading costs is not in the figures. It is told as a
// clock on the wall shows it, and as processor time of the process, its collector's with it. Medusa
// keeps fractions of a minor unit: a discount that is a whole one or more away from Quan's fails.
import { readFileSync } from 'node:fs'
import services from '@medusajs/promotion/dist/services/index.js'

const [path] = process.argv.slice(2)
const carts = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))

const category = (name) =>
  name === '' ? [] : [{ attribute: 'items.category', operator: 'in', values: [{ value: name }] }]
const promotionOf = (from, at) => ({
  id: `promotion-${at}`,
  code: `CODE-${at}`,
  type: 'standard',
  status: 'active',
  is_automatic: false,
  rules: [],
  application_method: {
    type: from.percent ? 'percentage' : 'fixed',
    value: from.value,
    currency_code: 'cny',
    target_type: from.category === '' ? 'order' : 'items',
    allocation: 'across',
    target_rules: category(from.category),
    buy_rules: []
  }
})
const itemOf = (from, at) => ({
  id: `item-${at}`,
  category: from.category,
  quantity: from.quantity,
  subtotal: from.subtotal,
  original_total: from.subtotal,
  is_discountable: true
})

const service = Object.create(services.PromotionModuleService.prototype)
let loaded = []
service.baseRepository_ = { getFreshManager: () => ({}) }
service.listActivePromotions_ = async () => loaded

const asked = carts.map((cart) => ({
  promotions: cart.promotions.map(promotionOf),
  context: { currency_code: 'cny', items: cart.items.map(itemOf) },
  discount: cart.discount
}))
const ask = ({ promotions, context }) => {
  loaded = promotions
  const codes = promotions.map((p) => p.code)
  return service.computeActions(codes, context, { prevent_auto_promotions: true }, {})
}
for (const cart of asked.slice(0, 200)) await ask(cart) // until it is compiled

const times = []
let most = 0
const cpu = process.cpuUsage()
for (const cart of asked) {
  const begun = performance.now()
  const actions = await ask(cart)
  times.push(performance.now() - begun)
  const sum = actions.reduce((all, action) => all + Number(action.amount ?? 0), 0)
  most = Math.max(most, Math.abs(sum - cart.discount))
}
const { user, system } = process.cpuUsage(cpu)
times.sort((a, b) => a - b)
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] * 1000
console.log(
  `@medusajs/promotion on Node ${process.versions.node}: p50 ${at(0.5).toFixed(0)} us, ` +
    `p99 ${at(0.99).toFixed(0)} us; of processor ${((user + system) / asked.length).toFixed(0)} us a cart; ` +
    `discounts differ by at most ${most.toFixed(2)} minor units`
)
process.exit(most < 1 ? 0 : 1)
