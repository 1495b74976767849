/* RFC 9457 problem documents, the only shape of an error that leaves the server. */
#include "base/json.h"
#include "port/http.h"

static void put_text(json_writer *w, str name, str text)
{
    if (text.n == 0)
        return;
    json_key(w, name);
    json_put_str(w, text);
}

static void put_errors(json_writer *w, const issues *errors)
{
    json_key(w, S("errors"));
    json_begin_array(w);
    for (size_t i = 0; i < errors->n; i++) {
        json_begin_object(w);
        json_key(w, S("field"));
        json_put_str(w, errors->items[i].field);
        json_key(w, S("code"));
        json_put_str(w, errors->items[i].code);
        put_text(w, S("detail"), errors->items[i].detail);
        json_end_object(w);
    }
    json_end_array(w);
    if (errors->dropped > 0) {
        json_key(w, S("errors_left_out"));
        json_put_u64(w, errors->dropped);
    }
}

void http_problem_write(buf *out, const http_problem_text *p)
{
    json_writer w = json_writer_on(out);
    json_begin_object(&w);
    json_key(&w, S("type"));
    /* A name, not an address: nobody has to keep a page alive for a client to compare it. */
    char type[128] = "urn:quan:problem:";
    size_t n = strlen(type);
    CHECK(p->code.n < sizeof type - n);
    memcpy(type + n, p->code.p, p->code.n);
    json_put_str(&w, (str){type, n + p->code.n});
    put_text(&w, S("title"), p->title);
    json_key(&w, S("status"));
    json_put_i64(&w, p->status);
    put_text(&w, S("code"), p->code);
    put_text(&w, S("detail"), p->detail);
    put_text(&w, S("trace_id"), p->trace_id);
    if (p->more.errors != NULL && p->more.errors->n > 0)
        put_errors(&w, p->more.errors);
    if (p->more.price.n > 0) {
        json_key(&w, S("price"));
        json_put_raw(&w, p->more.price);
    }
    json_end_object(&w);
}
