/* The schema of events: it knows every kind of event, takes a good one, and refuses whatever is
 * missing, too much, or another kind's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/route.h"
#include "domain/table.gen.h"
#include "test/lib/schema.h"

#define PROMOTION                                                                                  \
    "\"campaign\":\"cmp_0000000000001\",\"template\":\"tpl_0000000000001\",\"user\":\"u1\""
#define COUPON                                                                                     \
    "\"coupon\":\"cpn_0000000000001\",\"campaign\":\"cmp_0000000000001\","                         \
    "\"template\":\"tpl_0000000000001\",\"user\":\"u1\",\"revision\":1"
#define AMOUNT "\"amount\":{\"amount\":100,\"currency\":\"USD\"}"

#define WORD                                                                                       \
    "\"word\":\"cwd_0000000000001\",\"campaign\":\"cmp_0000000000001\","                           \
    "\"template\":\"tpl_0000000000001\",\"version\":1"
#define GUESSER                                                                                    \
    "\"merchant\":\"mer_0000000000001\",\"guesser\":\"merchant\","                                 \
    "\"tries\":10,\"until\":\"2026-05-01T12:00:00.000Z\""
#define WEBHOOK "\"webhook\":\"whk_0000000000001\",\"version\":1,\"state\":\"enabled\""
#define BATCH                                                                                      \
    "\"batch\":\"cbt_0000000000001\",\"campaign\":\"cmp_0000000000001\","                          \
    "\"template\":\"tpl_0000000000001\",\"version\":1"

/* What `data` and `subject` are, by kind. */
static const struct {
    uint8_t kind; /* event_kind */
    const char *subject, *data;
} kinds[] = {
    {EVENT_KIND_COUPON_ISSUED, "cpn_0000000000001", COUPON},
    {EVENT_KIND_COUPON_HELD, "cpn_0000000000001", COUPON ",\"hold\":\"hld_0000000000001\"," AMOUNT},
    {EVENT_KIND_COUPON_RELEASED, "cpn_0000000000001", COUPON ",\"hold\":\"hld_0000000000001\""},
    {EVENT_KIND_COUPON_REDEEMED, "cpn_0000000000001",
     COUPON ",\"redemption\":\"rdm_0000000000001\"," AMOUNT},
    {EVENT_KIND_COUPON_RETURNED, "cpn_0000000000001",
     COUPON ",\"return\":\"ret_0000000000001\"," AMOUNT},
    {EVENT_KIND_COUPON_EXPIRED, "cpn_0000000000001", COUPON},
    {EVENT_KIND_COUPON_VOIDED, "cpn_0000000000001", COUPON},
    {EVENT_KIND_CAMPAIGN_CREATED, "cmp_0000000000001",
     "\"campaign\":\"cmp_0000000000001\",\"version\":1"},
    {EVENT_KIND_CAMPAIGN_CHANGED, "cmp_0000000000001",
     "\"campaign\":\"cmp_0000000000001\",\"version\":2"},
    {EVENT_KIND_TEMPLATE_CREATED, "tpl_0000000000001",
     "\"campaign\":\"cmp_0000000000001\",\"template\":\"tpl_0000000000001\",\"version\":1"},
    {EVENT_KIND_TEMPLATE_CHANGED, "tpl_0000000000001",
     "\"campaign\":\"cmp_0000000000001\",\"template\":\"tpl_0000000000001\",\"version\":1"},
    {EVENT_KIND_ORDER_RETURNED, "ret_0000000000001",
     "\"return\":\"ret_0000000000001\",\"redemption\":\"rdm_0000000000001\",\"user\":"
     "\"u1\"," AMOUNT},
    {EVENT_KIND_PROMOTION_HELD, "tpl_0000000000001",
     PROMOTION ",\"hold\":\"hld_0000000000001\"," AMOUNT},
    {EVENT_KIND_PROMOTION_RELEASED, "tpl_0000000000001",
     PROMOTION ",\"hold\":\"hld_0000000000001\""},
    {EVENT_KIND_PROMOTION_REDEEMED, "tpl_0000000000001",
     PROMOTION ",\"redemption\":\"rdm_0000000000001\"," AMOUNT},
    {EVENT_KIND_PROMOTION_RETURNED, "tpl_0000000000001",
     PROMOTION ",\"return\":\"ret_0000000000001\"," AMOUNT},
    {EVENT_KIND_COUPON_CREDITED, "cpn_0000000000001",
     COUPON ",\"return\":\"ret_0000000000001\"," AMOUNT},
    {EVENT_KIND_CODE_FORMAT_CREATED, "cfm_0000000000001",
     "\"format\":\"cfm_0000000000001\",\"version\":1"},
    {EVENT_KIND_CODE_FORMAT_ROTATED, "cfm_0000000000001",
     "\"format\":\"cfm_0000000000001\",\"version\":1"},
    {EVENT_KIND_CODE_BATCH_CREATED, "cbt_0000000000001", BATCH ",\"codes\":3"},
    {EVENT_KIND_CODE_BATCH_CHANGED, "cbt_0000000000001", BATCH},
    {EVENT_KIND_CODES_EXPORTED, "cbt_0000000000001",
     BATCH ",\"codes\":3,\"from\":7,\"key\":\"key_0000000000001\""},
    {EVENT_KIND_CODES_IMPORTED, "cbt_0000000000001", BATCH ",\"codes\":3"},
    {EVENT_KIND_CODE_IMPORT_CANCELLED, "cbt_0000000000001", BATCH ",\"codes\":3"},
    {EVENT_KIND_CODE_WORD_CREATED, "cwd_0000000000001", WORD},
    {EVENT_KIND_CODE_WORD_CHANGED, "cwd_0000000000001", WORD},
    {EVENT_KIND_CODE_GUESSING_LOCKED, "mer_0000000000001", GUESSER},
    {EVENT_KIND_CODE_GUESSING_UNLOCKED, "mer_0000000000001", GUESSER},
    {EVENT_KIND_COUPON_OFFERED, "cpn_0000000000001", COUPON ",\"transfer\":\"trf_0000000000001\""},
    {EVENT_KIND_COUPON_TRANSFERRED, "cpn_0000000000001",
     COUPON ",\"transfer\":\"trf_0000000000001\""},
    {EVENT_KIND_COUPON_RECEIVED, "cpn_0000000000001", COUPON ",\"transfer\":\"trf_0000000000001\""},
    {EVENT_KIND_TRANSFER_DECLINED, "cpn_0000000000001",
     COUPON ",\"transfer\":\"trf_0000000000001\""},
    {EVENT_KIND_TRANSFER_CANCELLED, "cpn_0000000000001",
     COUPON ",\"transfer\":\"trf_0000000000001\""},
    {EVENT_KIND_TRANSFER_EXPIRED, "cpn_0000000000001",
     COUPON ",\"transfer\":\"trf_0000000000001\""},
    {EVENT_KIND_TRANSFER_REFUSED, "cpn_0000000000001",
     COUPON ",\"transfer\":\"trf_0000000000001\""},
    {EVENT_KIND_CODES_BOUND, "cbt_0000000000001",
     BATCH ",\"codes\":3,\"from\":7,\"key\":\"key_0000000000001\""},
    {EVENT_KIND_WEBHOOK_CREATED, "whk_0000000000001", WEBHOOK},
    {EVENT_KIND_WEBHOOK_CHANGED, "whk_0000000000001", WEBHOOK},
    {EVENT_KIND_WEBHOOK_DELETED, "whk_0000000000001", WEBHOOK},
    {EVENT_KIND_WEBHOOK_TESTED, "whk_0000000000001", WEBHOOK},
    {EVENT_KIND_PHONE_BOUND, "mer_0000000000001", "\"user\":\"u1\""},
    {EVENT_KIND_PHONE_UNBOUND, "mer_0000000000001", "\"user\":\"u1\""},
    {EVENT_KIND_USER_ERASED, "ers_0000000000001",
     "\"erasure\":\"ers_0000000000001\",\"erased\":true"},
};

static json *parsed(str text)
{
    json *document = NULL;
    assert_int_equal(json_parse(text, &document, NULL), R_DONE);
    return document;
}

static bool fits(const char *text)
{
    json *schema = parsed(api_event_schema), *value = parsed(str_of(text));
    buf why;
    buf_init(&why, 1 << 16);
    bool good = schema_holds(schema, value, &why);
    assert_int_equal(good, why.n == 0);
    buf_free(&why);
    json_free(value);
    json_free(schema);
    return good;
}

static void make(char out[2048], size_t kind, const char *subject, const char *data)
{
    (void)snprintf(out, 2048,
                   "{\"specversion\":\"1.0\",\"id\":\"evt_1_23\","
                   "\"source\":\"urn:quan:merchant:mer_0000000000001\",\"type\":\"%.*s\","
                   "\"time\":\"2026-01-01T00:00:00.000Z\",\"subject\":\"%s\",\"data\":{%s}}",
                   STR_ARG(event_kind_name(kinds[kind].kind)), subject, data);
}

static void every_kind_has_its_schema(void **state)
{
    (void)state;
    json *schema = parsed(api_event_schema);
    const json *words =
        json_field(json_field(json_field(schema, S("properties")), S("type")), S("enum"));
    assert_int_equal(json_count(words), EVENT_KIND_COUNT - 1);
    for (uint8_t kind = 1; kind < EVENT_KIND_COUNT; kind++)
        assert_true(str_eq(json_str(json_at(words, kind - 1U)), event_kind_name(kind)));
    json_free(schema);
    assert_int_equal(ARRAY_LEN(kinds), EVENT_KIND_COUNT - 1);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        char text[2048];
        make(text, i, kinds[i].subject, kinds[i].data);
        assert_true(fits(text));
    }
}

static void what_a_kind_does_not_have_is_refused(void **state)
{
    (void)state;
    char text[2048], more[1024];
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        (void)snprintf(more, sizeof more, "%s,\"note\":\"x\"", kinds[i].data);
        make(text, i, kinds[i].subject, more);
        assert_false(fits(text));
        make(text, i, "job_0000000000001", kinds[i].data);
        assert_false(fits(text));
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            make(text, i, kinds[i].subject, kinds[k].data);
            assert_int_equal(fits(text),
                             strcmp(kinds[i].data, kinds[k].data) == 0 ||
                                 (i >= 7 && i <= 10 && k >= 7 && k <= 10 && (i < 9) == (k < 9)));
        }
    }
}

/* Each member of data is needed: without it the event is refused. */
static void what_a_kind_needs_is_missed(void **state)
{
    (void)state;
    char text[2048], less[1024];
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const char *data = kinds[i].data;
        for (const char *from = data; *from != '\0';) {
            int depth = 0;
            const char *to = from;
            for (; *to != '\0' && (*to != ',' || depth > 0); to++)
                depth += *to == '{' ? 1 : *to == '}' ? -1 : 0;
            bool last = *to == '\0';
            int before = (int)(from - data) - (last && from > data ? 1 : 0);
            (void)snprintf(less, sizeof less, "%.*s%s", before, data, last ? "" : to + 1);
            make(text, i, kinds[i].subject, less);
            assert_false(fits(text));
            from = last ? to : to + 1;
        }
    }
}

static void the_envelope_is_that_of_cloudevents(void **state)
{
    (void)state;
    static const char *const members[][2] = {
        {"\"specversion\":\"1.0\"", "\"specversion\":\"0.3\""},
        {"\"id\":\"evt_1_23\"", "\"id\":\"23\""},
        {"\"source\":\"urn:quan:merchant:mer_0000000000001\"", "\"source\":\"quan\""},
        {"\"type\":\"coupon_issued\"", "\"type\":\"coupon_eaten\""},
        {"\"time\":\"2026-01-01T00:00:00.000Z\"", "\"time\":\"yesterday\""},
        {"\"subject\":\"cpn_0000000000001\"", "\"subject\":7"},
        {"\"data\":{" COUPON "}", "\"data\":[]"}};
    for (size_t bad = 0; bad <= ARRAY_LEN(members); bad++) {
        char text[2048] = "{", missing[2048] = "{";
        for (size_t i = 0; i < ARRAY_LEN(members); i++) {
            size_t n = strlen(text), m = strlen(missing);
            (void)snprintf(text + n, sizeof text - n, "%s%s", n > 1 ? "," : "",
                           members[i][i == bad]);
            if (i != bad)
                (void)snprintf(missing + m, sizeof missing - m, "%s%s", m > 1 ? "," : "",
                               members[i][0]);
        }
        (void)snprintf(text + strlen(text), 2, "}");
        (void)snprintf(missing + strlen(missing), 2, "}");
        assert_int_equal(fits(text), bad == ARRAY_LEN(members));
        assert_int_equal(fits(missing), bad == ARRAY_LEN(members));
    }
}

/* A keyword that the checker does not know must not pass unseen. */
static void an_unknown_keyword_is_a_failure(void **state)
{
    (void)state;
    static const char *const schemas[] = {
        "{\"maximum\":3}",           "{\"type\":\"number\"}",
        "{\"format\":\"uuid\"}",     "{\"$ref\":\"#/$defs/x\"}",
        "{\"$ref\":\"other.json\"}", "{\"additionalProperties\":{\"type\":\"string\"}}"};
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        json *schema = parsed(str_of(schemas[i])), *value = parsed(S("{}"));
        buf why;
        buf_init(&why, 4096);
        assert_false(schema_holds(schema, value, &why));
        buf_free(&why);
        json_free(value);
        json_free(schema);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_schema),
        cmocka_unit_test(what_a_kind_does_not_have_is_refused),
        cmocka_unit_test(what_a_kind_needs_is_missed),
        cmocka_unit_test(the_envelope_is_that_of_cloudevents),
        cmocka_unit_test(an_unknown_keyword_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
