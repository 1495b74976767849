/* See event.h. */
#include "api/event.h"

#include "api/funding.h"
#include "api/holder.h"

enum { EVENT_JSON_MAX = 4 << 20 };

static bool amount_matters(const event *e)
{
    switch ((event_kind)e->kind) {
    case EVENT_KIND_COUPON_HELD:
    case EVENT_KIND_COUPON_REDEEMED:
    case EVENT_KIND_COUPON_RETURNED:
    case EVENT_KIND_COUPON_CREDITED:
    case EVENT_KIND_PROMOTION_HELD:
    case EVENT_KIND_PROMOTION_REDEEMED:
    case EVENT_KIND_PROMOTION_RETURNED:
    case EVENT_KIND_ORDER_RETURNED:
        return true;
    default:
        return false; /* no money moved */
    }
}

/* What `ref` names depends on what happened: to the merchant's configuration … */
static void put_ref_of_setup(const event *e, wire_event_data *out)
{
    switch ((event_kind)e->kind) {
    case EVENT_KIND_CODE_FORMAT_CREATED:
    case EVENT_KIND_CODE_FORMAT_ROTATED:
        out->has_format = true;
        out->format = e->ref;
        return;
    case EVENT_KIND_CODE_BATCH_CREATED:
    case EVENT_KIND_CODES_EXPORTED:
    case EVENT_KIND_CODES_BOUND:
    case EVENT_KIND_CODES_IMPORTED:
    case EVENT_KIND_CODE_IMPORT_CANCELLED:
        out->has_codes = true;
        out->codes = e->amount_minor;
        out->has_batch = true;
        out->batch = e->ref;
        return;
    case EVENT_KIND_CODE_BATCH_CHANGED:
        out->has_batch = true;
        out->batch = e->ref;
        return;
    case EVENT_KIND_CODE_WORD_CREATED:
    case EVENT_KIND_CODE_WORD_CHANGED:
        out->has_word = true;
        out->word = e->ref;
        return;
    case EVENT_KIND_WEBHOOK_CREATED:
    case EVENT_KIND_WEBHOOK_CHANGED:
    case EVENT_KIND_WEBHOOK_DELETED:
    case EVENT_KIND_WEBHOOK_TESTED:
        out->has_webhook = true;
        out->webhook = e->ref;
        out->has_state = true;
        out->state = (webhook_state)e->amount_minor;
        return;
    default:
        return; /* nothing is named */
    }
}

/* … and to coupons, orders and users. */
static void put_ref(const event *e, wire_event_data *out)
{
    switch ((event_kind)e->kind) {
    case EVENT_KIND_COUPON_HELD:
    case EVENT_KIND_COUPON_RELEASED:
    case EVENT_KIND_PROMOTION_HELD:
    case EVENT_KIND_PROMOTION_RELEASED:
        out->has_hold = true;
        out->hold = e->ref;
        return;
    case EVENT_KIND_USER_ERASED:
        out->has_erasure = true;
        out->erasure = e->ref;
        out->has_erased = out->erased = true; /* also where no user had the name */
        return;
    case EVENT_KIND_COUPON_OFFERED:
    case EVENT_KIND_COUPON_TRANSFERRED:
    case EVENT_KIND_COUPON_RECEIVED:
    case EVENT_KIND_TRANSFER_DECLINED:
    case EVENT_KIND_TRANSFER_CANCELLED:
    case EVENT_KIND_TRANSFER_EXPIRED:
    case EVENT_KIND_TRANSFER_REFUSED:
        out->has_transfer = true;
        out->transfer = e->ref;
        return;
    case EVENT_KIND_COUPON_REDEEMED:
    case EVENT_KIND_PROMOTION_REDEEMED:
        out->has_redemption = true;
        out->redemption = e->ref;
        return;
    case EVENT_KIND_COUPON_RETURNED:
    case EVENT_KIND_PROMOTION_RETURNED:
    case EVENT_KIND_COUPON_CREDITED:
    case EVENT_KIND_ORDER_RETURNED:
        out->has_return = true;
        out->return_ = e->ref;
        return;
    default:
        put_ref_of_setup(e, out);
    }
}

static wire_payer_list payers_shown(api_call *c, const app_view *v, const feed_event *from)
{
    funding_row row = {.config = v->config,
                       .currency = from->currency,
                       .applied = from->applied,
                       .parties = from->parties,
                       .n = from->party_count};
    return funding_payers(c, &row);
}

static wire_event_data data_shown(const feed_event *from)
{
    const event *e = from->event;
    wire_event_data out = {.has_campaign = e->campaign != 0,
                           .campaign = e->campaign,
                           .has_template = e->template != 0,
                           .template = e->template,
                           .has_coupon = e->coupon != 0,
                           .coupon = e->coupon,
                           .has_revision = e->coupon != 0,
                           .revision = e->revision,
                           .has_version = e->coupon == 0 && e->revision != 0,
                           .version = e->revision,
                           .has_amount = amount_matters(e)};
    HOLDER_SHOWN(&out, from->user);
    if (out.has_amount)
        out.amount = sum_of(e->amount_minor, from->currency);
    put_ref(e, &out);
    if (from->redemption != 0) {
        out.has_redemption = true;
        out.redemption = from->redemption;
    }
    return out;
}

/* What a coupon was exchanged for. */
static void put_code(api_call *c, const event *e, wire_event_data *out)
{
    bool coded = e->kind == EVENT_KIND_COUPON_ISSUED && e->ref != 0;
    bool word = coded && config_find_code_word(call_config(c), e->ref) != NULL;
    if (word) {
        out->has_word = true;
        out->word = e->ref;
    } else if (coded) {
        out->has_batch = true;
        out->batch = e->ref;
    }
}

/* Where another system has something to do. */
static void put_asset(api_call *c, const app_view *v, const event *e, wire_event_data *out)
{
    bool acts = e->kind == EVENT_KIND_COUPON_ISSUED || e->kind == EVENT_KIND_COUPON_REDEEMED ||
                e->kind == EVENT_KIND_COUPON_RETURNED || e->kind == EVENT_KIND_COUPON_CREDITED ||
                e->kind == EVENT_KIND_COUPON_EXPIRED || e->kind == EVENT_KIND_COUPON_VOIDED;
    if (!acts || e->version == 0)
        return;
    const config_template *t = config_find_template(v->config, e->template);
    CHECK(t != NULL); /* the snapshot is not older than the event */
    out->has_asset = asset_shown(c, config_version(t, e->version), &out->asset);
}

/* Why odds above the bound were accepted with this change. */
static void put_reason(api_call *c, const event *e, wire_event_data *out)
{
    const code_format *f = config_find_code_format(call_config(c), e->ref);
    const code_batch *b = config_find_code_batch(call_config(c), e->ref);
    bool format =
        e->kind == EVENT_KIND_CODE_FORMAT_CREATED || e->kind == EVENT_KIND_CODE_FORMAT_ROTATED;
    if (format && f != NULL && e->revision >= 1 && e->revision <= f->keys.n)
        out->accept_odds = f->keys.items[e->revision - 1].reason;
    if (e->kind == EVENT_KIND_CODE_BATCH_CREATED && b != NULL)
        out->accept_odds = b->reason;
    out->has_accept_odds = out->accept_odds.n > 0;
}

static void put_lock(const feed_event *from, wire_event_data *out)
{
    if (from->event->locked.n == 0)
        return;
    const guesser_locked *who = &from->event->locked.items[0];
    out->has_merchant = true;
    out->merchant = from->event->merchant;
    out->has_guesser = true;
    out->guesser = (guesser)who->guesser;
    if (who->guesser == GUESSER_USER)
        HOLDER_SHOWN(out, from->guesser);
    out->has_client_address = who->guesser == GUESSER_ADDRESS && from->guesser.n > 0;
    out->client_address = from->guesser;
    out->has_tries = true;
    out->tries = who->tries;
    out->has_until = true;
    out->until = who->until_ms;
}

/* Whose API key asked, and where in the batch the codes begin. */
static void put_export(const event *e, wire_event_data *out)
{
    if (e->exported.n == 0)
        return;
    out->has_key = true;
    out->key = e->exported.items[0].key;
    out->has_from = true;
    out->from = (int64_t)e->exported.items[0].from;
}

static str subject_of(api_call *c, const event *e)
{
    switch ((event_kind)e->kind) {
    case EVENT_KIND_CODE_FORMAT_CREATED:
    case EVENT_KIND_CODE_FORMAT_ROTATED:
        return id_subject(c, ID_CODE_FORMAT, e->ref);
    case EVENT_KIND_CODE_BATCH_CREATED:
    case EVENT_KIND_CODE_BATCH_CHANGED:
    case EVENT_KIND_CODES_EXPORTED:
    case EVENT_KIND_CODES_BOUND:
    case EVENT_KIND_CODES_IMPORTED:
    case EVENT_KIND_CODE_IMPORT_CANCELLED:
        return id_subject(c, ID_CODE_BATCH, e->ref);
    case EVENT_KIND_CODE_WORD_CREATED:
    case EVENT_KIND_CODE_WORD_CHANGED:
        return id_subject(c, ID_CODE_WORD, e->ref);
    case EVENT_KIND_CODE_GUESSING_LOCKED:
    case EVENT_KIND_CODE_GUESSING_UNLOCKED:
    case EVENT_KIND_PHONE_BOUND:
    case EVENT_KIND_PHONE_UNBOUND:
        return id_subject(c, ID_MERCHANT, e->merchant);
    case EVENT_KIND_USER_ERASED:
        return id_subject(c, ID_ERASURE, e->ref);
    case EVENT_KIND_WEBHOOK_CREATED:
    case EVENT_KIND_WEBHOOK_CHANGED:
    case EVENT_KIND_WEBHOOK_DELETED:
    case EVENT_KIND_WEBHOOK_TESTED:
        return id_subject(c, ID_WEBHOOK, e->ref);
    default:
        break;
    }
    if (e->coupon != 0)
        return id_subject(c, ID_COUPON, e->coupon);
    if (e->template != 0)
        return id_subject(c, ID_TEMPLATE, e->template);
    return e->campaign != 0 ? id_subject(c, ID_CAMPAIGN, e->campaign)
                            : id_subject(c, ID_RETURN, e->ref);
}

wire_event event_shown(api_call *c, const app_view *v, const feed_event *from)
{
    str source = arena_printf(c->memory, "urn:quan:merchant:%.*s",
                              STR_ARG(id_subject(c, ID_MERCHANT, from->event->merchant)));
    wire_event_data data = data_shown(from);
    data.funding = payers_shown(c, v, from);
    data.has_funding = data.funding.n > 0;
    put_reason(c, from->event, &data);
    put_code(c, from->event, &data);
    data.has_partner_code =
        partner_code_shown(c, config_find_template(v->config, from->event->template), from->sealed,
                           &data.partner_code);
    put_asset(c, v, from->event, &data);
    put_lock(from, &data);
    put_export(from->event, &data);
    return (wire_event){.specversion = S("1.0"),
                        .id = arena_printf(c->memory, "%.*s_%u_%llu", STR_ARG(id_prefix(ID_EVENT)),
                                           from->lane, (unsigned long long)from->sequence),
                        .source = source,
                        .type = (event_kind)from->event->kind,
                        .time = from->event->at_ms,
                        .subject = subject_of(c, from->event),
                        .data = data};
}

str event_json(app_view *v, const feed_event *from, arena *memory)
{
    api_call c = {.app = v->app, .memory = memory, .config = v->config};
    wire_event shown = event_shown(&c, v, from);
    buf out;
    buf_init(&out, EVENT_JSON_MAX);
    json_writer w = json_writer_on(&out);
    wire_write(&wire_event_type, &shown, &w);
    CHECK(!buf_overflowed(&out));
    str text = arena_str(memory, buf_view(&out));
    buf_free(&out);
    return text;
}
