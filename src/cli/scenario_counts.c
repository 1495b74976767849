/* See scenario_counts.h. */
#include "cli/scenario_counts.h"

#include "app/query_counts.h"
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/basis.h"
#include "domain/limit/pool.h"
#include "domain/limit/terms.h"

typedef struct counting {
    const stated_ask *ask;
    stated_made *out;
    str user; /* empty: every coupon another's */
    uint64_t template, campaign;
    uint32_t version;
    uint64_t basis; /* of now: what was used before is no order of another time */
    bool automatic;
    int64_t stock_left, budget_left_minor; /* of now; -1: unlimited, none */
    int64_t issued, redeemed, discount_minor, units;
    uint64_t *coupons;
    size_t coupon_count;
} counting;

static bool refuse(counting *n, str field, str code, str detail)
{
    n->out->member = field;
    n->out->code = code;
    n->out->detail = arena_str(n->ask->memory, detail);
    return false;
}

/* ---- what is stated ---- */

static bool read_names(counting *n)
{
    static const str members[] = {{"template", 8},    {"user", 4},        {"issued", 6},
                                  {"redeemed", 8},    {"discount", 8},    {"units", 5},
                                  {"stock_left", 10}, {"budget_left", 11}};
    void *iterator = NULL;
    str name;
    const json *value;
    while (json_next(n->ask->body, &iterator, &name, &value)) {
        size_t i = 0;
        while (i < ARRAY_LEN(members) && !str_eq(members[i], name))
            i++;
        if (i == ARRAY_LEN(members))
            return refuse(n, arena_str(n->ask->memory, name), S("unknown_field"),
                          S("template, user, issued, redeemed, discount, units, stock_left and "
                            "budget_left"));
    }
    return true;
}

static bool read_user(counting *n)
{
    const json *stated = json_field(n->ask->body, S("user"));
    n->user = S("");
    if (stated == NULL)
        return true;
    n->user = json_kind_of(stated) == JSON_KIND_STR ? json_str(stated) : S("");
    return (n->user.n >= 1 && n->user.n <= USER_BYTES_MAX) ||
           refuse(n, S("user"), S("wrong_type"), S("a text of 1 to 64 bytes"));
}

/* A number from `least` on; *to stays where it is not there. */
static bool read_number(counting *n, str name, int64_t least, int64_t *to)
{
    const json *v = json_field(n->ask->body, name);
    if (v == NULL)
        return true;
    if (json_kind_of(v) != JSON_KIND_INT || json_int(v) < least)
        return refuse(
            n, name, S("out_of_range"),
            arena_printf(n->ask->memory, "a whole number from %lld on", (long long)least));
    *to = json_int(v);
    return true;
}

static bool read_money(counting *n, str name, int64_t *to)
{
    const json *v = json_field(n->ask->body, name);
    const json *amount = json_field(v, S("amount")), *currency = json_field(v, S("currency"));
    if (v == NULL)
        return true;
    if (json_count(v) != 2 || json_kind_of(amount) != JSON_KIND_INT || json_int(amount) < 0 ||
        json_int(amount) > MONEY_MAX || json_kind_of(currency) != JSON_KIND_STR ||
        !str_eq(json_str(currency), n->out->currency))
        return refuse(n, name, S("not_allowed"),
                      arena_printf(n->ask->memory, "an amount of %.*s, as the campaign has",
                                   STR_ARG(n->out->currency)));
    *to = json_int(amount);
    return true;
}

static bool find_template(counting *n)
{
    arena *memory = n->ask->memory;
    app_view v;
    terms of;
    if (app_view_open(n->ask->box->app, memory, &v) != R_DONE)
        return refuse(n, S(""), S("failed"), S("the store cannot be read"));
    bool found = id_parse(ID_TEMPLATE, n->ask->template, &n->template) &&
                 terms_find(v.config, n->template, &of) && of.merchant->row->id == n->ask->merchant;
    if (found) {
        bool at_redeem = of.campaign->row->budget_mode == BUDGET_MODE_AT_REDEEM;
        pool_left budget = {.left = -1}, stock = {.left = -1};
        n->campaign = of.campaign->row->id;
        n->version = of.template->row->version;
        n->basis = order_basis(v.config, n->ask->merchant, uow_now(v.rows));
        n->automatic = of.template->row->apply == APPLY_MODE_AUTOMATIC;
        n->out->currency = arena_str(memory, of.campaign->row->currency);
        if (at_redeem)
            budget = query_pool_left(&v, pool_budget(n->campaign));
        if (of.template->row->stock >= 0)
            stock = query_pool_left(&v, pool_stock(n->template));
        n->budget_left_minor = budget.left + budget.on_the_way;
        n->stock_left = stock.left + stock.on_the_way;
    }
    app_view_close(&v);
    return found || refuse(n, S("template"), S("unknown_name"), S("no template is called so"));
}

/* What is to be left, as what was issued or spent: the difference to what is. */
static bool read_left(counting *n)
{
    int64_t stock = -1, budget = -1;
    const json *issued = json_field(n->ask->body, S("issued"));
    const json *discount = json_field(n->ask->body, S("discount"));
    if (!read_number(n, S("stock_left"), 0, &stock) || !read_money(n, S("budget_left"), &budget))
        return false;
    if (stock >= 0 && (issued != NULL || stock > n->stock_left))
        return refuse(n, S("stock_left"), S("not_allowed"),
                      S("no more than is left now, and not beside issued"));
    if (budget >= 0 && (discount != NULL || budget > n->budget_left_minor))
        return refuse(n, S("budget_left"), S("not_allowed"),
                      S("no more than a budget at redeem has now, and not beside discount"));
    if (stock >= 0)
        n->issued = n->stock_left - stock;
    if (budget >= 0)
        n->discount_minor = n->budget_left_minor - budget;
    if (budget >= 0 && n->redeemed < 0)
        n->redeemed = n->discount_minor > 0 ? 1 : 0;
    return true;
}

static bool check_sums(counting *n)
{
    arena *memory = n->ask->memory;
    if (n->issued > COUNTS_ISSUED_MAX || n->issued < n->redeemed)
        return refuse(n, S("issued"), S("out_of_range"),
                      arena_printf(memory, "from what is redeemed to %d", COUNTS_ISSUED_MAX));
    if (n->redeemed > COUNTS_REDEEMED_MAX)
        return refuse(n, S("redeemed"), S("out_of_range"),
                      arena_printf(memory, "at most %d", COUNTS_REDEEMED_MAX));
    if (n->discount_minor < n->redeemed || (n->redeemed == 0 && n->discount_minor > 0))
        return refuse(n, S("discount"), S("out_of_range"),
                      S("at least one minor unit for each that is redeemed"));
    if (n->units < n->redeemed || n->units > n->redeemed * CART_QUANTITY_MAX)
        return refuse(n, S("units"), S("out_of_range"), S("one to 1,000,000 for each redeemed"));
    return true;
}

static bool read_counts(counting *n)
{
    n->issued = n->redeemed = n->units = -1;
    if (!read_names(n) || !read_user(n) || !find_template(n) ||
        !read_number(n, S("issued"), 0, &n->issued) ||
        !read_number(n, S("redeemed"), 0, &n->redeemed) ||
        !read_number(n, S("units"), 0, &n->units) ||
        !read_money(n, S("discount"), &n->discount_minor) || !read_left(n))
        return false;
    if (n->automatic && n->issued >= 0)
        return refuse(n,
                      json_field(n->ask->body, S("issued")) != NULL ? S("issued") : S("stock_left"),
                      S("not_allowed"), S("the template applies by itself: nobody holds it"));
    n->redeemed = n->redeemed < 0 ? 0 : n->redeemed;
    n->issued = n->issued < 0 ? n->redeemed : n->issued;
    n->units = n->units < 0 ? n->redeemed : n->units;
    return check_sums(n);
}

/* ---- acts ---- */

static str user_of(const counting *n, size_t i)
{
    if (n->user.n > 0)
        return n->user;
    return arena_printf(n->ask->memory, "before-%zu-%zu", n->ask->step + 1, i + 1);
}

static bool run(counting *n, act_call *call, str field)
{
    call->app = n->ask->box->app;
    call->memory = n->ask->memory;
    result r = cli_act(call);
    r = r == R_DONE ? call->code : r;
    if (r == R_DONE)
        return true;
    str why = call->detail.n > 0 ? call->detail : result_text(r);
    if (r == R_UNRESERVED)
        why = S("limits by phone, e-mail, device … count it: use steps with subjects");
    else if (r == R_STALE && n->automatic)
        why = S("its limits or budget have no room for it, or it is not in force now");
    return refuse(n, field, result_code(r), why);
}

static bool issue_to(counting *n, str name, uint32_t count)
{
    issue_item item = {.template = n->template, .count = count};
    issue_in in = {.merchant = n->ask->merchant,
                   .user = name,
                   .source = COUPON_SOURCE_GRANT,
                   .mode = ISSUE_MODE_ALL_OR_NONE,
                   .items = {&item, 1}};
    issue_out out = {0};
    act_call call = {
        .id = ACT_ID_issue, .slot = slot_of_user(n->ask->merchant, name), .in = &in, .out = &out};
    if (!run(n, &call, S("issued")))
        return false;
    for (size_t i = 0; i < out.coupons.n; i++)
        n->coupons[n->coupon_count++] = out.coupons.items[i].coupon;
    return true;
}

static bool issue_all(counting *n)
{
    size_t most = n->user.n > 0 ? ISSUE_COUPONS_MAX : 1, all = (size_t)n->issued;
    n->coupons = ARENA_ARRAY(n->ask->memory, uint64_t, all + 1);
    while (n->coupon_count < all) {
        size_t left = all - n->coupon_count;
        if (!issue_to(n, user_of(n, n->coupon_count), (uint32_t)(left < most ? left : most)))
            return false;
    }
    return true;
}

/* The i-th of n equal parts; the first ones have what is over. */
static int64_t part_of(int64_t total, int64_t n, int64_t i)
{
    return total / n + (i < total % n);
}

static bool redeem_one(counting *n, size_t i)
{
    int64_t discount = part_of(n->discount_minor, n->redeemed, (int64_t)i);
    int64_t units = part_of(n->units, n->redeemed, (int64_t)i);
    order_line line = {.sku = S("before"),
                       .quantity = units,
                       .unit_minor = (discount + units - 1) / units,
                       .discount_minor = discount};
    applied_coupon applied = {.coupon = n->automatic ? 0 : n->coupons[i],
                              .campaign = n->campaign,
                              .template = n->template,
                              .version = n->version,
                              .discount_minor = discount};
    line_share share = {.discount_minor = discount};
    str name = user_of(n, i);
    order_in in = {.merchant = n->ask->merchant,
                   .user = name,
                   .order_number =
                       arena_printf(n->ask->memory, "before-%zu-%zu", n->ask->step + 1, i + 1),
                   .currency = n->out->currency,
                   .subtotal_minor = line.unit_minor * units,
                   .discount_minor = discount,
                   .basis = n->basis,
                   .lines = {&line, 1},
                   .applied = {&applied, 1},
                   .shares = {&share, 1}};
    order_out out = {0};
    act_call call = {
        .id = ACT_ID_redeem, .slot = slot_of_user(n->ask->merchant, name), .in = &in, .out = &out};
    return run(n, &call, S("redeemed"));
}

bool counts_make(const stated_ask *ask, stated_made *out)
{
    counting n = {.ask = ask, .out = out};
    *out = (stated_made){0};
    if (!read_counts(&n) || (!n.automatic && !issue_all(&n)))
        return false;
    for (size_t i = 0; i < (size_t)n.redeemed; i++)
        if (!redeem_one(&n, i))
            return false;
    out->issued = n.automatic ? 0 : n.issued;
    out->redeemed = n.redeemed;
    out->discount_minor = n.discount_minor;
    out->left = n.automatic ? NULL : n.coupons + n.redeemed;
    out->left_count = n.automatic ? 0 : n.coupon_count - (size_t)n.redeemed;
    return true;
}

void counts_put(const stated_made *made, int64_t at_ms, json_writer *w)
{
    json_begin_object(w);
    json_key(w, S("step"));
    json_put_str(w, S("counts"));
    json_key(w, S("at"));
    json_put_time(w, at_ms);
    json_key(w, S("issued"));
    json_put_i64(w, made->issued);
    json_key(w, S("redeemed"));
    json_put_i64(w, made->redeemed);
    json_key(w, S("discount"));
    json_begin_object(w);
    json_key(w, S("amount"));
    json_put_i64(w, made->discount_minor);
    json_key(w, S("currency"));
    json_put_str(w, made->currency);
    json_end_object(w);
    json_end_object(w);
}
