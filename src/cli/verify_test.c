/* What `quan verify` says and ends with: silent and 0 where all agrees, every difference and 4
 * where not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/id.h"
#include "cli/cli.h"
#include "test/lib/domain_fixture.h"

enum { SAID_MAX = 16384 };

typedef struct shop {
    fix *f;
    uint64_t coupon;
} shop;

static shop shop_open(void)
{
    shop s = {.f = fix_open((fix_options){0})};
    campaign_create_in c = fix_campaign_in(s.f);
    template_put_in t = fix_template_in(s.f, fix_campaign(s.f, &c));
    s.coupon = fix_claim_one(s.f, S("ann"), fix_template(s.f, &t));
    return s;
}

typedef struct spoiler {
    request request; /* first */
    uint64_t coupon;
} spoiler;

static result spoil_run(uow *u, request *r)
{
    uint64_t id = ((spoiler *)r)->coupon;
    coupon *row = coupon_get(u, id_slot(id), id);
    if (uow_pending(u))
        return R_AGAIN;
    coupon_edit(u, row);
    row->closed = true;
    row->reserved_minor = 5;
    return R_DONE;
}

static void spoil_done(request *r)
{
    assert_int_equal(r->outcome, R_DONE);
}

static void spoil(shop *s)
{
    spoiler r = {.request = {.run = spoil_run, .done = spoil_done, .slot = id_slot(s->coupon)},
                 .coupon = s->coupon};
    assert_int_equal(store_submit(app_store(s->f->app), &r.request), R_DONE);
    (void)app_settle(s->f->app);
}

/* What it prints to stdout. */
static cli_exit verify(shop *s, bool as_json, uint64_t most, char out[SAID_MAX])
{
    char path[] = "/tmp/quan-verify-XXXXXX";
    (void)fflush(stdout);
    int file = mkstemp(path), kept = dup(STDOUT_FILENO);
    assert_true(file >= 0 && kept >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    cli_context c = {.json = as_json, .memory = arena_new(0)};
    cli_exit code = cli_verify_open(&c, s->f->app, most);
    (void)fflush(stdout);
    assert_true(dup2(kept, STDOUT_FILENO) >= 0);
    ssize_t n = pread(file, out, SAID_MAX - 1, 0);
    assert_true(n >= 0);
    out[n] = '\0';
    arena_free(c.memory);
    (void)close(kept);
    (void)close(file);
    (void)unlink(path);
    return code;
}

static void agreement_is_one_line_and_0(void **state)
{
    (void)state;
    char out[SAID_MAX];
    shop s = shop_open();
    assert_int_equal(verify(&s, false, 10, out), CLI_OK);
    assert_non_null(strstr(out, "1 coupons"));
    assert_non_null(strstr(out, "0 differences\n"));
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
    fix_close(s.f);
}

static void differences_are_listed_and_end_with_4(void **state)
{
    (void)state;
    char out[SAID_MAX], id[ID_TEXT_MAX];
    shop s = shop_open();
    spoil(&s);
    (void)id_text(ID_COUPON, s.coupon, id);
    assert_int_equal(verify(&s, false, 10, out), CLI_DIFFERENT);
    assert_non_null(strstr(out, id));
    assert_non_null(strstr(out, "closed: expected 0, is 1\n"));
    assert_non_null(strstr(out, "reserved_minor: expected 0, is 5\n"));
    fix_close(s.f);
}

static void json_has_all_of_it_up_to_the_maximum(void **state)
{
    (void)state;
    char out[SAID_MAX];
    shop s = shop_open();
    spoil(&s);
    assert_int_equal(verify(&s, true, 1, out), CLI_DIFFERENT);
    json *root;
    assert_int_equal(json_parse(str_of(out), &root, NULL), R_DONE);
    const json *found = json_field(root, S("found"));
    assert_int_equal(json_count(found), 1);
    assert_true(str_eq(json_str(json_field(json_at(found, 0), S("check"))), S("coupon")));
    assert_true(json_int(json_field(root, S("differences"))) > 1);
    assert_int_equal(json_int(json_field(root, S("coupons"))), 1);
    json_free(root);
    fix_close(s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agreement_is_one_line_and_0),
        cmocka_unit_test(differences_are_listed_and_end_with_4),
        cmocka_unit_test(json_has_all_of_it_up_to_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
