/* What the files of verify share. Private to verify*.c.
 *
 * A run has two halves. Groups of slots, one after the other: all rows of these slots are in memory
 * and are compared with each other; what they count for is added to the maps. Then the maps are
 * compared with the counters, pools and lanes. */
#ifndef QUAN_APP_VERIFY_PART_H
#define QUAN_APP_VERIFY_PART_H

#include "app/verify.h"
#include "app/verify_count.h"
#include "app/verify_map.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/rule/cart.h"
#include "domain/table.gen.h"

/* A growing array in the group's memory. */
typedef struct verify_list {
    void *items;
    size_t n, capacity, item_size;
} verify_list;

/* What rules a coupon, found without believing that it is there. */
typedef struct verify_terms {
    const config_template *template;
    const config_campaign *campaign;
    const config_merchant *merchant;
} verify_terms;

typedef struct verify_coupon {
    coupon row;
    verify_terms of;               /* all NULL: the template is not known */
    int64_t ledger[ACCOUNT_COUNT]; /* debits less credits */
    int64_t adds_minor;            /* added for sellers and not come back, likewise */
    int64_t reserved_minor, spent_minor, discount_minor; /* what orders say, own reserve aside */
    uint32_t wallet_entries;
    uint32_t held, redeemed; /* open holds, and redemptions not given back, that name it */
    int64_t redeemed_minor;  /* of their discount what has not come back */
    const coupon_use *use;   /* NULL: it has none */
    const received *by;      /* what brought it to its user; NULL: it was issued to him */
} verify_coupon;

typedef struct verify_redemption {
    redemption row;
    uint32_t returns;
    int64_t refund_minor;
    int64_t *returned, *refunded; /* [line] what its returns say */
    int64_t *paid_back, *gifts;   /* [party share] and [applied] likewise */
} verify_redemption;

typedef struct verify_group {
    uint16_t from;
    uint32_t until;
    arena *memory;
    size_t rows;
    verify_list coupons, holds, redemptions, returns, refs, usages, users, members, heads;
    verify_list received, transfers;
    verify_list copies; /* of verify_copied's table */
    const table *of;
    verify_coupon **by_member; /* ascending by slot, member, campaign, template, time */
    verify_map *takes;         /* usage cells, as holds and redemptions have taken from them */
    verify_map *promotions, *first_uses; /* verify_promotion.c's own */
    verify_map *parties;                 /* verify_party.c's own */
} verify_group;

typedef struct verify_due verify_due;
typedef struct verify verify;
typedef void verify_message(verify *v, uint16_t act, str input, bool aside);
struct verify {
    app_view view;
    const verify_options *options;
    verify_summary sum;
    uint16_t lanes;
    int64_t now_ms;              /* the latest act time of any lane */
    bool events_complete, again; /* again: of rows that were read before damage has been told */
    verify_map *tally, *totals;  /* by campaign, template and day; without day */
    verify_map *goods, *money, *parties; /* by campaign, template, day and party */
    verify_map *pools, *leases, *config_counts;
    lane_head heads[STORE_LANES_MAX];
    uint64_t next_event[STORE_LANES_MAX], next_edit[STORE_LANES_MAX]; /* 0: none seen yet */
    uint64_t inbox[STORE_LANES_MAX][STORE_LANES_MAX];                 /* [to][from] */
    verify_due *due;
    verify_message *message;       /* verify.c's own */
    verify_terms last;             /* found last */
    struct subject_pass *subjects; /* verify_subject.c's own */
    uint64_t subject_rows, transfer_rows;
    struct transfer_pass *transfers; /* verify_transfer.c's own */
    struct code_pass *codes;         /* verify_code.c's own */
    struct import_pass *imports;     /* verify_import.c's own */
    struct partner_pass *partners;   /* verify_partner.c's own */
    verify_map *code_uses;           /* by batch of codes or word, as coupons and orders tell */
    /* Of verify_guess.c, …_webhook.c, …_bind.c, …_move.c, …_phone.c and …_erase.c. */
    verify_map *guesses, *webhooks, *webhook_places, *bound, *brought, *bindings, *erasures, *ends;
};

/* ---- verify.c: reading and reporting ---- */
typedef struct verify_what {
    const char *check;
    id_kind kind;
    uint64_t id; /* 0: subject */
    str subject;
} verify_what;

void verify_number(verify *v, const verify_what *w, const char *field, int64_t expected,
                   int64_t actual); /* nothing when they are the same */
void verify_between(verify *v, const verify_what *w, const char *field, const int64_t bounds[2],
                    int64_t actual);
void verify_text(verify *v, const verify_what *w, const char *field, str expected, str actual);
void verify_must(verify *v, const verify_what *w, const char *field, bool is); /* a plain truth */
typedef struct verify_ids {
    id_kind kind;
    uint64_t expected, actual;
} verify_ids;
void verify_same_id(verify *v, const verify_what *w, const char *field, verify_ids ids);

/* Reads a table for the slots of a group (NULL: all homes); `visit` gets good rows only, damaged
 * ones are reported. Not for use in a visit. */
typedef void verify_row(verify *v, verify_group *g, const void *row);
MUST_USE result verify_each(verify *v, verify_group *g, const table *t, verify_row *visit);
MUST_USE result verify_each_entry(verify *v, verify_group *g, const table *t, int index,
                                  verify_row *visit);
/* Each good row of a table, to a check that may look at other rows. */
typedef void verify_copy(verify *v, const void *row);
MUST_USE result verify_copied(verify *v, const table *t, verify_copy *check);
/* Messages on their way: sent and not applied yet, or set aside. */
MUST_USE result verify_messages(verify *v, verify_message *see);
void *verify_add(verify_group *g, verify_list *l); /* a zeroed item */
bool verify_terms_of(verify *v, uint64_t template_id, verify_terms *out);
bool verify_day(const verify_terms *of, int64_t at_ms, int32_t *day); /* false: it cannot be */
/* What a line costs; 0 where it is out of bounds, so that its order does not add up. */
static inline int64_t verify_line(const order_line *line)
{
    int64_t minor = 0;
    return cart_line_minor(line, line->quantity, &minor) ? minor : 0;
}
bool verify_is_many(const verify_coupon *c); /* has it more than one use (coupon/use.h)? */
/* ---- verify_group.c ---- */
MUST_USE result verify_group_run(verify *v, verify_group *g);
verify_coupon *verify_find_coupon(const verify_group *g, uint64_t id);
hold *verify_find_hold(const verify_group *g, uint64_t id);
verify_redemption *verify_find_redemption(const verify_group *g, uint64_t id);
const order_ref *verify_find_ref(const verify_group *g, const order_ref *key);
const member *verify_find_member(const verify_group *g, uint16_t slot, uint32_t ordinal);
const usage *verify_find_usage(const verify_group *g, const usage *key);
/* ---- verify_due.c: after the heads; for each group before its checks ---- */
MUST_USE result verify_due_begin(verify *v);
MUST_USE result verify_due_group(verify *v, const verify_group *g);
/* An entry of this row at until_ms or before? Of rows of the group. */
bool verify_has_due(const verify *v, due_kind kind, uint64_t id, int64_t until_ms);
void verify_due_end(verify *v);
/* ---- the checks of a group ---- */
void verify_users(verify *v, verify_group *g);   /* verify_coupon.c */
void verify_coupons(verify *v, verify_group *g); /* after the orders */
void verify_orders(verify *v, verify_group *g);  /* verify_order.c */
void verify_usages(verify *v, verify_group *g);  /* verify_usage.c */
static inline bool verify_in_error(const coupon *row)
{
    return row->state == COUPON_STATE_VOIDED && row->ref == VOID_REASON_ISSUED_IN_ERROR;
}
/* What uses have taken from this usage cell. */
int64_t *verify_take_at(const verify_group *g, uint16_t slot, uint32_t ordinal,
                        const limit_take *t);
/* ---- verify_count.c: the expected counters of a template (0: of the campaign) on a day ---- */
int64_t *verify_tally_at(verify *v, const verify_terms *of, uint64_t template_id, int32_t day);
int64_t *verify_total_at(verify *v, const verify_terms *of);
void verify_count_coupon(verify *v, const verify_coupon *c);
void verify_count_users(verify *v, const verify_group *g);
void verify_count_user(verify *v, const verify_terms *of, uint64_t template_id, int64_t at_ms);
void verify_count_hold(verify *v, const verify_group *g, const hold *row);
void verify_count_ledger(verify *v, const verify_terms *of, const ledger *row);
MUST_USE result verify_counters(verify *v); /* compares */
/* ---- verify_goods.c ---- */
void verify_goods_redeemed(verify *v, const redemption *row);
/* What came back with it is in row->returned already, with that of returns before it. */
void verify_goods_returned(verify *v, const verify_redemption *row, const order_return *back);
MUST_USE result verify_goods(verify *v); /* compares */
/* ---- verify_pool.c ---- */
void verify_pool_coupon(verify *v, const verify_coupon *c);
void verify_pool_take(verify *v, const verify_terms *of, const limit_take *take);
MUST_USE result verify_pools(verify *v); /* compares; after verify_lanes */
/* ---- verify_subject.c, …_code, …_import, …_bind, …_move, …_phone, …_erase, …_guess, … ---- */
MUST_USE result verify_subjects(verify *v);
MUST_USE result verify_codes(verify *v); /* after the groups */
/* One that came from a code (coupon.batch; 0: nothing): so much more of CODE_USE_…. */
void verify_code_use(verify *v, uint64_t batch, size_t which, int64_t n);
MUST_USE result verify_imports(verify *v);
MUST_USE result verify_bound(verify *v);
void verify_brought(verify *v, const usage *row); /* verify_move.c */
MUST_USE result verify_moves(verify *v);          /* after the groups */
MUST_USE result verify_phones(verify *v);
MUST_USE result verify_erasures(verify *v);
MUST_USE result verify_guesses(verify *v);
MUST_USE result verify_webhooks(verify *v); /* after the heads */
MUST_USE result verify_partners(verify *v); /* after the heads */
/* ---- verify_lane.c; heads first of all: it sets now_ms, inbox, events_complete ---- */
MUST_USE result verify_heads(verify *v);
MUST_USE result verify_lanes(verify *v);
MUST_USE result verify_config(verify *v);

#endif
