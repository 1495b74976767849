/* `quan demo`: the main job over HTTP against a running server, and whether the figures agree.
 *
 * A flash sale: 20,000 users claim from a stock of 10,000 at once. Some of the lucky ones then
 * shop: quote, hold, redeem, and some return half or all of it. At the end what the server
 * counted must equal what its answers said. */
#include <stdio.h>

#include "cli/bench.h"
#include "cli/shop.h"
#include "port/clock.h"

enum {
    DEMO_USERS = 20000,
    DEMO_STOCK = 10000,
    DEMO_SHOPPERS = 600, /* users that are asked whether they got one; about half did */
    DEMO_STRIDE = DEMO_USERS / DEMO_SHOPPERS,
    DEMO_CONNECTIONS = 64,
    DEMO_OUT_MAX = 65536,
};

typedef enum demo_step {
    STEP_WALLET,
    STEP_QUOTE,
    STEP_HOLD,
    STEP_REDEEM,
    STEP_RETURN,
    STEPS
} demo_step;
static const char *const step_names[STEPS] = {"wallet", "quote", "hold", "redeem", "return"};

typedef struct demo {
    const cli_context *cli;
    cli_server server;
    shop shop;
    str campaign, template;
    str prefix; /* of this run's users: nobody has a coupon of another run */
    bench_count flash;
    uint64_t flash_us;
    latency steps[STEPS];
    int64_t redeemed, released, returned_whole, discount_minor, refund_minor;
    buf out;
    int wrong; /* figures that do not agree */
} demo;

static cli_exit create(demo *d)
{
    cli_exit code = shop_campaign(&d->shop, S("Flash sale"), &d->campaign);
    shop_template t = {.name = S("5.00 off 20.00"),
                       .amount_minor = 500,
                       .minimum_minor = 2000,
                       .stock = DEMO_STOCK,
                       .per_user = 1};
    if (code == CLI_OK) {
        code = shop_template_create(&d->shop, d->campaign, &t, &d->template);
    }
    return code == CLI_OK ? shop_start(&d->shop, d->campaign) : code;
}

static cli_exit flash(demo *d)
{
    bench_plan *p = ARENA_NEW(d->cli->memory, bench_plan);
    *p = (bench_plan){.key = d->server.key,
                      .work = WORK_CLAIM,
                      .template_count = 1,
                      .prefix = d->prefix,
                      .users = DEMO_USERS,
                      .distinct = true,
                      .connections = DEMO_CONNECTIONS,
                      .threads = 1,
                      .requests = DEMO_USERS,
                      .run = arena_printf(d->cli->memory, "flash-%.*s", STR_ARG(d->shop.run))};
    p->templates[0] = d->template;
    buf why;
    buf_init(&why, 4096);
    p->ports[0] = d->server.port;
    p->server_count = 1;
    int64_t began = clock_monotonic_ns();
    bool good = bench_drive(p, 0, &d->flash, NULL, &why);
    d->flash_us = (uint64_t)(clock_monotonic_ns() - began) / 1000 + 1;
    cli_exit code =
        good ? CLI_OK : cli_fail(d->cli, CLI_ENVIRONMENT, "%.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    return code;
}

/* One timed request. */
static cli_exit step(demo *d, demo_step which, str target, str body, int status)
{
    int64_t began = clock_monotonic_ns();
    cli_exit code = shop_ask(&d->shop, which == STEP_WALLET ? "GET" : "POST", target, body, status);
    latency_add(&d->steps[which], (uint64_t)(clock_monotonic_ns() - began) / 1000);
    return code;
}

static str basket(demo *d, unsigned nth)
{
    return arena_printf(
        d->shop.memory,
        "{\"store\":\"s%u\",\"channel\":\"web\",\"lines\":["
        "{\"sku\":\"tea-%u\",\"quantity\":2,\"unit_price\":{\"amount\":899,\"currency\":\"USD\"}},"
        "{\"sku\":\"cup-%u\",\"quantity\":1,\"unit_price\":{\"amount\":%u,\"currency\":\"USD\"}}]}",
        nth % 7, nth % 40, nth % 25, 1250 + nth % 100);
}

static cli_exit give_back(demo *d, unsigned nth, str redeemed)
{
    str target = arena_printf(d->shop.memory, "/v1/redemptions/%.*s/returns", STR_ARG(redeemed));
    bool whole = nth / DEMO_STRIDE % 2 == 0;
    cli_exit code =
        step(d, STEP_RETURN, target, S("{\"lines\":[{\"line\":0,\"quantity\":1}]}"), 201);
    d->refund_minor += shop_amount(&d->shop, S("refund"));
    if (code == CLI_OK && whole) { /* and then the rest: together exactly what was paid */
        code = step(d, STEP_RETURN, target, S("{}"), 201);
        d->refund_minor += shop_amount(&d->shop, S("refund"));
        d->returned_whole++;
    }
    return code;
}

static cli_exit redeem(demo *d, unsigned nth, str held)
{
    if (nth / DEMO_STRIDE % 6 == 1) { /* changed his mind */
        d->released++;
        return shop_ask(&d->shop, "POST",
                        arena_printf(d->shop.memory, "/v1/holds/%.*s/release", STR_ARG(held)),
                        (str){NULL, 0}, 200);
    }
    str body = arena_printf(d->shop.memory, "{\"hold\":\"%.*s\"}", STR_ARG(held));
    cli_exit code = step(d, STEP_REDEEM, S("/v1/redemptions"), body, 201);
    if (code != CLI_OK) {
        return code;
    }
    d->redeemed++;
    d->discount_minor += shop_amount(&d->shop, S("discount"));
    return nth / DEMO_STRIDE % 5 == 0 ? give_back(d, nth, shop_text(&d->shop, S("id"))) : CLI_OK;
}

static cli_exit shop_once(demo *d, unsigned nth)
{
    arena *memory = d->shop.memory;
    cli_exit code = step(d, STEP_WALLET,
                         arena_printf(memory, "/v1/users/%.*s%u/coupons", STR_ARG(d->prefix), nth),
                         (str){NULL, 0}, 200);
    const json *first = json_at(json_field(d->shop.document, S("coupons")), 0);
    if (code != CLI_OK || first == NULL) {
        return code; /* this one came too late for the stock */
    }
    str id = arena_str(memory, json_str(json_field(first, S("id"))));
    str body = arena_printf(memory, "{\"user\":\"%.*s%u\",\"coupons\":[\"%.*s\"],\"cart\":%.*s}",
                            STR_ARG(d->prefix), nth, STR_ARG(id), STR_ARG(basket(d, nth)));
    code = step(d, STEP_QUOTE, S("/v1/quotes"), body, 200);
    if (code == CLI_OK) {
        body = arena_printf(
            memory,
            "{\"user\":\"%.*s%u\",\"order_number\":\"demo-%.*s-%u\",\"coupons\":[\"%.*s\"],"
            "\"cart\":%.*s,\"hold_seconds\":900}",
            STR_ARG(d->prefix), nth, STR_ARG(d->shop.run), nth, STR_ARG(id),
            STR_ARG(basket(d, nth)));
        code = step(d, STEP_HOLD, S("/v1/holds"), body, 201);
    }
    return code == CLI_OK ? redeem(d, nth, shop_text(&d->shop, S("id"))) : code;
}

static void check(demo *d, const char *what, int64_t counted, int64_t expected)
{
    bool equal = counted == expected;
    d->wrong += equal ? 0 : 1;
    buf_printf(&d->out, "  %-44s %12lld %12lld  %s\n", what, (long long)counted,
               (long long)expected, equal ? "equal" : "DIFFERENT");
}

static int64_t count(const json *row, str name)
{
    const json *value = json_field(row, name);
    if (json_kind_of(value) == JSON_KIND_OBJECT) {
        value = json_field(value, S("amount"));
    }
    return json_kind_of(value) == JSON_KIND_INT ? json_int(value) : -1;
}

static cli_exit compare(demo *d)
{
    str target =
        arena_printf(d->shop.memory, "/v1/templates/%.*s/stats?by=total", STR_ARG(d->template));
    cli_exit code = shop_ask(&d->shop, "GET", target, (str){NULL, 0}, 200);
    if (code != CLI_OK) {
        return code;
    }
    const json *row = json_at(json_field(d->shop.document, S("counts")), 0);
    const json *stock = json_field(d->shop.document, S("stock"));
    buf_printf(&d->out, "\n  %-44s %12s %12s\n", "what the server counted, what it answered",
               "counted", "answered");
    check(d, "coupons issued of a stock of 10,000", count(row, S("issued")),
          (int64_t)d->flash.claims);
    check(d, "that is exactly", count(row, S("issued")), DEMO_STOCK);
    check(d, "claims refused as sold out", (int64_t)d->flash.refused[409], DEMO_USERS - DEMO_STOCK);
    check(d, "pieces of stock left", count(stock, S("remaining")), 0);
    check(d, "users who got one", count(row, S("users")), DEMO_STOCK);
    check(d, "coupons redeemed", count(row, S("redeemed")), d->redeemed);
    check(d, "holds released", count(row, S("released")), d->released);
    check(d, "coupons given back by whole returns", count(row, S("returned")), d->returned_whole);
    check(d, "discount, cents", count(row, S("discount")), d->discount_minor);
    return CLI_OK;
}

static void write_line(demo *d, const char *name, const latency *l, uint64_t per_s)
{
    buf_printf(&d->out, "  %-8s %8llu  p50 %6llu us  p99 %6llu us", name, (unsigned long long)l->n,
               (unsigned long long)latency_at(l, 500), (unsigned long long)latency_at(l, 990));
    if (per_s > 0) {
        buf_printf(&d->out, "  %llu/s on %d connections", (unsigned long long)per_s,
                   DEMO_CONNECTIONS);
    }
    buf_char(&d->out, '\n');
}

static cli_exit report(demo *d)
{
    buf_printf(&d->out, "Flash sale: %d users claim from a stock of %d.\n", DEMO_USERS, DEMO_STOCK);
    write_line(d, "claim", &d->flash.latencies[BENCH_CLAIM], d->flash.done * 1000000 / d->flash_us);
    buf_printf(&d->out, "Shopping, one request after another:\n");
    for (size_t i = 0; i < STEPS; i++) {
        write_line(d, step_names[i], &d->steps[i], 0);
    }
    cli_exit code = compare(d);
    buf_printf(&d->out, "\n  campaign %.*s, template %.*s\n", STR_ARG(d->campaign),
               STR_ARG(d->template));
    if (code == CLI_OK) {
        code = cli_print(d->cli, &d->out);
    }
    if (code == CLI_OK && d->wrong > 0) {
        code = cli_fail(d->cli, CLI_DIFFERENT, "%d figures differ", d->wrong);
    }
    return code;
}

cli_exit cli_demo(cli_context *c)
{
    demo *d = ARENA_NEW(c->memory, demo);
    d->cli = c;
    d->server.rights = "the scopes admin, issue, redeem and read";
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "", .server = &d->server});
    if (code != CLI_OK) {
        return code;
    }
    buf_init(&d->out, DEMO_OUT_MAX);
    code = shop_open(c, &d->shop, &d->server);
    if (code == CLI_OK) {
        d->prefix = arena_printf(c->memory, "%.12s-", d->shop.run.p);
        code = create(d);
    }
    if (code == CLI_OK) {
        code = flash(d);
    }
    for (unsigned nth = 0; code == CLI_OK && nth < DEMO_USERS; nth += DEMO_STRIDE) {
        shop_forget(&d->shop);
        code = shop_once(d, nth);
    }
    if (code == CLI_OK) {
        code = report(d);
    }
    shop_close(&d->shop);
    buf_free(&d->out);
    return code;
}
