/* Pictures of QR codes, read again: the modules are those that libqrencode makes, white is around
 * them, and the same is drawn the same. That readers read them is shown by test/e2e/codes.sh. */
#include "port/qr.h"

#include <png.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/test_help.h"

enum { OUT_MAX = 4 * 1024 * 1024, SIDE_MAX = 128 };

/* A picture as modules, the margin included. */
typedef struct modules {
    uint32_t side;
    bool dark[SIDE_MAX][SIDE_MAX];
} modules;

static void read_svg(str svg, modules *m)
{
    static const char head[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"";
    *m = (modules){0};
    assert_true(str_starts(svg, str_of(head)));
    assert_true(str_ends(svg, S("\"/></svg>\n")));
    char *text = malloc(svg.n + 1);
    assert_non_null(text);
    memcpy(text, svg.p, svg.n);
    text[svg.n] = '\0';
    const char *box = strstr(text, "viewBox=\"0 0 "), *at = strstr(text, "<path d=\"");
    assert_non_null(box);
    assert_non_null(at);
    m->side = (uint32_t)strtoul(box + strlen("viewBox=\"0 0 "), NULL, 10);
    assert_in_range(m->side, 1, SIDE_MAX);
    for (at += strlen("<path d=\""); *at == 'M';) {
        char *end;
        uint32_t x = (uint32_t)strtoul(at + 1, &end, 10);
        uint32_t y = (uint32_t)strtoul(end + 1, &end, 10);
        assert_int_equal(*end, 'h');
        uint32_t n = (uint32_t)strtoul(end + 1, &end, 10);
        assert_true(n > 0 && y < m->side && x + n <= m->side);
        for (uint32_t i = 0; i < n; i++)
            m->dark[y][x + i] = true;
        at = strchr(end, 'z');
        assert_non_null(at);
        at++;
    }
    assert_int_equal(*at, '"');
    free(text);
}

static void read_png(str png, uint32_t scale, modules *m)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    *m = (modules){0};
    assert_true(png_image_begin_read_from_memory(&image, png.p, png.n) != 0);
    image.format = PNG_FORMAT_GRAY;
    assert_int_equal(image.width, image.height);
    assert_int_equal(image.width % scale, 0);
    m->side = image.width / scale;
    assert_in_range(m->side, 1, SIDE_MAX);
    png_byte *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL) != 0);
    for (uint32_t y = 0; y < image.height; y++) {
        for (uint32_t x = 0; x < image.width; x++) {
            png_byte is = pixels[(size_t)y * image.width + x];
            bool *dark = &m->dark[y / scale][x / scale];
            assert_true(is == 0 || is == 255);
            if (y % scale == 0 && x % scale == 0)
                *dark = is == 0;
            assert_int_equal(*dark, is == 0); /* a module is of one colour */
        }
    }
    free(pixels);
}

static void check_modules(const modules *m, const char *text, uint32_t margin)
{
    QRcode *q = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    assert_non_null(q);
    uint32_t width = (uint32_t)q->width;
    assert_int_equal(m->side, width + 2 * margin);
    for (uint32_t y = 0; y < m->side; y++) {
        for (uint32_t x = 0; x < m->side; x++) {
            bool inside = x >= margin && y >= margin && x < margin + width && y < margin + width;
            bool wanted = inside && (q->data[(y - margin) * width + x - margin] & 1) != 0;
            assert_int_equal(m->dark[y][x], wanted);
        }
    }
    QRcode_free(q);
}

static void pictures_have_the_modules_of_the_symbol(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "A", "7K2M9QXF3B0DR5", "P7K2M9QXF3B0DT", "012345678901234567890123456789012",
        "ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789"};
    static const struct {
        uint32_t scale, margin;
    } sizes[] = {{QR_SCALE, QR_MARGIN}, {1, 0}, {3, 1}, {QR_SCALE_MAX, QR_MARGIN_MAX}};
    modules m;
    buf out;
    buf_init(&out, OUT_MAX);
    for (size_t t = 0; t < ARRAY_LEN(texts); t++) {
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            qr_ask ask = {str_of(texts[t]), QR_SVG, sizes[i].scale, sizes[i].margin};
            buf_clear(&out);
            qr_draw(&ask, &out);
            read_svg(buf_view(&out), &m);
            check_modules(&m, texts[t], ask.margin);
            ask.kind = QR_PNG;
            buf_clear(&out);
            qr_draw(&ask, &out);
            assert_false(buf_overflowed(&out));
            assert_in_range(out.n, 1, 200 * 1024);
            read_png(buf_view(&out), ask.scale, &m);
            check_modules(&m, texts[t], ask.margin);
        }
    }
    buf_free(&out);
}

static void the_same_is_drawn_the_same(void **state)
{
    (void)state;
    for (qr_kind kind = QR_PNG; kind <= QR_SVG; kind++) {
        qr_ask ask = {S("7K2M9QXF3B0DR5"), kind, QR_SCALE, QR_MARGIN};
        buf a, b;
        buf_init(&a, OUT_MAX);
        buf_init(&b, OUT_MAX);
        qr_draw(&ask, &a);
        qr_draw(&ask, &b);
        assert_true(str_eq(buf_view(&a), buf_view(&b)));
        ask.text = S("7K2M9QXF3B0DR6");
        buf_clear(&b);
        qr_draw(&ask, &b);
        assert_false(str_eq(buf_view(&a), buf_view(&b)));
        buf_free(&a);
        buf_free(&b);
    }
}

static void an_svg_has_its_size_in_pixels(void **state)
{
    (void)state;
    buf out;
    buf_init(&out, OUT_MAX);
    qr_draw(&(qr_ask){S("A"), QR_SVG, 3, 2}, &out); /* 21 modules */
    assert_true(str_starts(buf_view(&out),
                           S("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"75\" height=\"75\" "
                             "viewBox=\"0 0 25 25\" shape-rendering=\"crispEdges\">"
                             "<path fill=\"#fff\" d=\"M0 0h25v25H0z\"/>"
                             "<path d=\"M2 2h7v1h-7z")));
    buf_free(&out);
    assert_true(str_eq(qr_type(QR_SVG), S("image/svg+xml")));
    assert_true(str_eq(qr_type(QR_PNG), S("image/png")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_have_the_modules_of_the_symbol),
        cmocka_unit_test(the_same_is_drawn_the_same),
        cmocka_unit_test(an_svg_has_its_size_in_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
