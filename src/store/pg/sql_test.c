/* Every text that the PostgreSQL engine can send stays within plain SQL: what it may be is told
 * here, and all else is refused. */
#include "store/pg/sql.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/table.gen.h"

enum { WORD_MAX = 64 };

/* What may stand outside of quotes, beside numbers, parameters and k's columns. No function but
 * unnest and count, no lock, notice, sequence, trigger or foreign key can be told with these. */
static const char *const plain[] = {
    "select", "from",   "join",   "on",      "as",    "where",   "and",   "order",     "by",
    "limit",  "insert", "into",   "update",  "set",   "delete",  "using", "returning", "with",
    "unnest", "count",  "create", "table",   "index", "primary", "key",   "not",       "null",
    "alter",  "add",    "column", "default", "bool",  "int2",    "int4",  "int8",      "bytea",
    "k",      "t",      "w",      "i",       "r",     "false",   "left",  "o",
};

static bool is_plain(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        if (strcmp(word, plain[i]) == 0)
            return true;
    size_t digits = word[0] == 'c' ? strspn(word + 1, "0123456789") : 0;
    return digits > 0 && word[1 + digits] == '\0';
}

/* The first thing in the text that is not plain, in `found`; "" when there is none. */
static void find_strange(const char *text, char found[WORD_MAX])
{
    found[0] = '\0';
    while (*text != '\0') {
        size_t n = 1;
        if (*text == '"' || *text == '\'') {
            n = strcspn(text + 1, *text == '"' ? "\"" : "'") + 2;
        } else if (isalpha((unsigned char)*text) || *text == '_') {
            n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
            char word[WORD_MAX];
            assert_true(n < sizeof(word));
            for (size_t i = 0; i < n; i++)
                word[i] = (char)tolower((unsigned char)text[i]);
            word[n] = '\0';
            if (!is_plain(word)) {
                memcpy(found, word, n + 1);
                return;
            }
        } else if (strchr(" ,.()[]*=<>/$:0123456789", *text) == NULL) {
            found[0] = *text;
            found[1] = '\0';
            return;
        }
        text += n;
    }
}

static void assert_plain(buf *text)
{
    char found[WORD_MAX];
    buf_char(text, '\0');
    assert_false(buf_overflowed(text));
    find_strange(text->p, found);
    if (found[0] != '\0')
        fail_msg("\"%s\" in: %s", found, text->p);
    assert_null(strchr(text->p, ';'));
}

/* How many different tables it names. */
static size_t tables_named(const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < tables_count; i++) {
        char name[WORD_MAX];
        static const char *const before[] = {"FROM ", "INTO ", "UPDATE ", "JOIN ", "TABLE ", "ON "};
        bool named = false;
        for (size_t k = 0; k < ARRAY_LEN(before); k++) {
            snprintf(name, sizeof(name), "%s\"%s\"", before[k], tables[i]->record.name);
            named = named || strstr(text, name) != NULL;
        }
        n += named;
    }
    return n;
}

/* A link is of two, whose rows are of one slot. */
static void every_statement_is_plain_and_of_one_table(void **state)
{
    (void)state;
    size_t seen = 0;
    for (size_t i = 0; i < tables_count; i++)
        for (unsigned place = 0; place < SQL_PLACES; place++) {
            sql_statement s;
            if (!sql_at(tables[i], place, &s))
                continue;
            assert_int_equal(sql_place(&s), place);
            buf text;
            buf_init(&text, SQL_TEXT_MAX);
            sql_text(&s, &text);
            assert_plain(&text);
            assert_int_equal(tables_named(text.p), s.kind == SQL_LINK ? 2 : 1);
            if (s.kind == SQL_LINK)
                assert_non_null(strstr(text.p, " ON t.\"slot\" = o.\"slot\" AND "));
            buf_free(&text);
            seen++;
        }
    assert_true(seen > tables_count * SQL_SCAN);
}

/* The slot or lane leads: so all that a batch touches is where its slot is. */
static void every_key_and_index_begins_with_its_home(void **state)
{
    (void)state;
    for (size_t i = 0; i < tables_count; i++) {
        const table *t = tables[i];
        buf text;
        buf_init(&text, SQL_TEXT_MAX);
        sql_create_table(t, &text);
        assert_plain(&text);
        const char *key = strstr(text.p, "PRIMARY KEY (");
        assert_non_null(key);
        const char *home = t->home == HOME_SLOT ? "\"slot\"" : "\"lane\"";
        assert_int_equal(strncmp(key + strlen("PRIMARY KEY ("), home, strlen(home)), 0);
        for (size_t k = 0; k < t->indexes; k++) {
            buf_clear(&text);
            sql_create_index(t, k, &text);
            assert_plain(&text);
            assert_ptr_equal(sql_order_column(t, (int)k, 0), &t->record.columns[0]);
        }
        for (size_t k = t->key_columns; k < t->record.n; k++) {
            buf_clear(&text);
            sql_add_column(t, &t->record.columns[k], &text);
            /* Of its text this alone is neither a word nor in one of the signs. */
            buf_char(&text, '\0');
            assert_non_null(strstr(text.p, "NOT NULL DEFAULT"));
        }
        buf_free(&text);
    }
}

/* Those that are about no rows of a table are told one by one: a new one is to be looked at. */
static void what_is_fixed_is_as_it_was_looked_at(void **state)
{
    (void)state;
    static const char *const begins[SQL_FIXED_COUNT] = {
        [SQL_SESSION] = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; ",
        [SQL_BEGIN_BATCH] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE",
        [SQL_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        [SQL_BEGIN] = "BEGIN",
        [SQL_SNAPSHOT] = "SELECT 1",
        [SQL_CLOCK] = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8",
        [SQL_COMMIT] = "COMMIT",
        [SQL_ROLLBACK] = "ROLLBACK",
        [SQL_HEAD_REV] = "SELECT t.\"rev\" FROM \"lane_head\" AS t WHERE t.\"lane\" = $1::int4",
        [SQL_HEAD_MARK] = ("UPDATE \"lane_head\" SET \"rev\" = $3::int8 WHERE \"lane\" = $1::int4 "
                           "AND \"rev\" = $2::int8"),
        [SQL_KEEP] = "DELETE FROM \"idempotency\" WHERE \"slot\" = $1::int4 AND ",
        [SQL_OTHERS] = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() ",
        [SQL_LONE] = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() ",
        [SQL_STRANGERS] = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() ",
        [SQL_INTRUDERS] = "SELECT 1 FROM pg_stat_activity AS s ",
        [SQL_HAS_META] = "SELECT 1 FROM information_schema.tables ",
        [SQL_CREATE_META] = "CREATE TABLE \"meta\" (",
        [SQL_READ_META] = "SELECT \"name\", \"value\" FROM \"meta\"",
        [SQL_PUT_META] = "INSERT INTO \"meta\" ",
        [SQL_SHARD_HEADS] = "SELECT \"lane\", \"created_at_ms\", \"shards\" FROM \"shard_head\"",
        [SQL_SHOW_FSYNC] = "SHOW fsync",
        [SQL_SHOW_COMMIT] = "SHOW synchronous_commit",
        [SQL_SHOW_PAGES] = "SHOW full_page_writes",
    };
    static const char *const never[] = {"FOR UPDATE", "SKIP LOCKED", "advisory", "NOTIFY",
                                        "LISTEN",     "FUNCTION",    "TRIGGER",  "SEQUENCE",
                                        "nextval",    "REFERENCES",  "LOCK",     "SERIAL"};
    for (size_t i = 0; i < SQL_FIXED_COUNT; i++) {
        assert_non_null(begins[i]);
        assert_int_equal(strncmp(sql_fixed_text[i], begins[i], strlen(begins[i])), 0);
        for (size_t k = 0; k < ARRAY_LEN(never); k++)
            assert_null(strstr(sql_fixed_text[i], never[k]));
    }
}

static void the_test_sees_what_is_not_plain(void **state)
{
    (void)state;
    static const struct {
        const char *text, *found;
    } strange[] = {{"SELECT 1 FROM \"t\" FOR UPDATE", "for"},
                   {"SELECT nextval('x')", "nextval"},
                   {"SELECT \"a\" FROM \"t\"; COMMIT", ";"},
                   {"SELECT pg_advisory_lock($1::int8)", "pg_advisory_lock"},
                   {"NOTIFY x", "notify"},
                   {"CREATE FUNCTION f", "function"},
                   {"SELECT t.\"a\" || 'b' FROM \"t\" AS t", "|"},
                   {"SELECT 1 FROM \"select nothing\"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
        char found[WORD_MAX];
        find_strange(strange[i].text, found);
        assert_string_equal(found, strange[i].found);
    }
}

static void assert_text(const sql_statement *s, const char *expected)
{
    buf text;
    buf_init(&text, SQL_TEXT_MAX);
    sql_text(s, &text);
    buf_char(&text, '\0');
    assert_string_equal(text.p, expected);
    buf_free(&text);
}

static void statements_look_like_this(void **state)
{
    (void)state;
    assert_text(&(sql_statement){.table = &inbox_table, .kind = SQL_LOAD},
                "SELECT k.i, t.\"last\", t.\"rev\" FROM unnest($1::int4[], $2::int4[], $3::int4[]) "
                "AS k(c0, c1, i) JOIN \"inbox\" AS t ON t.\"lane\" = k.c0 AND t.\"from\" = k.c1");
    assert_text(&(sql_statement){.table = &inbox_table, .kind = SQL_INSERT},
                "INSERT INTO \"inbox\" (\"lane\", \"from\", \"last\", \"rev\") SELECT k.c0, k.c1, "
                "k.c2, $4::int8 FROM unnest($1::int4[], $2::int4[], $3::int8[]) AS k(c0, c1, c2)");
    assert_text(&(sql_statement){.table = &inbox_table, .kind = SQL_UPDATE},
                "WITH w AS (UPDATE \"inbox\" AS t SET \"last\" = k.c2, \"rev\" = $5::int8 FROM "
                "unnest($1::int4[], $2::int4[], $3::int8[], $4::int8[]) AS k(c0, c1, c2, r) WHERE "
                "t.\"lane\" = k.c0 AND t.\"from\" = k.c1 AND t.\"rev\" = k.r RETURNING 1) "
                "SELECT 1 / (count(*) = $6::int8)::int4 FROM w");
    assert_text(&(sql_statement){.table = &inbox_table, .kind = SQL_DELETE},
                "WITH w AS (DELETE FROM \"inbox\" AS t USING unnest($1::int4[], $2::int4[], "
                "$3::int8[]) AS k(c0, c1, r) WHERE t.\"lane\" = k.c0 AND t.\"from\" = k.c1 AND "
                "t.\"rev\" = k.r RETURNING 1) SELECT 1 / (count(*) = $4::int8)::int4 FROM w");
    assert_text(&(sql_statement){&inbox_table, SQL_SCAN, -1, 1, SQL_FROM_AFTER, 0},
                "SELECT t.\"lane\", t.\"from\", t.\"last\", t.\"rev\" FROM \"inbox\" AS t WHERE "
                "t.\"lane\" = $1::int4 AND (t.\"from\") > ($2::int4) ORDER BY t.\"lane\", "
                "t.\"from\" LIMIT $3::int8");
    assert_text(&(sql_statement){.table = &order_ref_table,
                                 .kind = SQL_LINK,
                                 .link = ROW_LINK_ORDER_OF_USER},
                "SELECT k.i, o.\"member\", t.\"hold\", t.\"redemption\", t.\"rev\" FROM "
                "unnest($1::int4[], $2::int8[], $3::bytea[], $4::int8[], $5::bytea[], $6::int4[]) "
                "AS k(c0, c1, c2, c3, c4, i) JOIN \"user\" AS o ON o.\"slot\" = k.c0 AND "
                "o.\"merchant\" = k.c1 AND o.\"name\" = k.c2 LEFT JOIN \"order_ref\" AS t ON "
                "t.\"slot\" = o.\"slot\" AND t.\"member\" = o.\"member\" AND "
                "t.\"merchant\" = k.c3 AND t.\"number\" = k.c4");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_is_plain_and_of_one_table),
        cmocka_unit_test(every_key_and_index_begins_with_its_home),
        cmocka_unit_test(what_is_fixed_is_as_it_was_looked_at),
        cmocka_unit_test(the_test_sees_what_is_not_plain),
        cmocka_unit_test(statements_look_like_this),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
