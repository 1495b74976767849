/* Symbols by libqrencode, PNG by libpng; SVG is text. See port/qr.h.
 *
 * Of libpng only the simplified interface is used: the other one ends in longjmp. A PNG is a
 * palette of white and black, which libpng packs to a bit a pixel. */
#include "port/qr.h"

#include <png.h>
#include <qrencode.h>
#include <stdlib.h>

static bool dark(const QRcode *q, uint32_t x, uint32_t y)
{
    return (q->data[y * (uint32_t)q->width + x] & 1) != 0;
}

/* A path: of each row its runs of dark modules. */
static void draw_svg(const QRcode *q, const qr_ask *ask, buf *out)
{
    uint32_t width = (uint32_t)q->width, all = width + 2 * ask->margin;
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
               "viewBox=\"0 0 %u %u\" shape-rendering=\"crispEdges\">"
               "<path fill=\"#fff\" d=\"M0 0h%uv%uH0z\"/><path d=\"",
               all * ask->scale, all * ask->scale, all, all, all, all);
    for (uint32_t y = 0; y < width; y++) {
        for (uint32_t x = 0; x < width; x++) {
            uint32_t end = x;
            while (end < width && dark(q, end, y))
                end++;
            if (end == x)
                continue;
            buf_printf(out, "M%u %uh%uv1h-%uz", x + ask->margin, y + ask->margin, end - x, end - x);
            x = end;
        }
    }
    buf_str(out, S("\"/></svg>\n"));
}

/* A byte a pixel, its place in the palette. */
static png_byte *pixels_of(const QRcode *q, const qr_ask *ask, uint32_t side)
{
    png_byte *pixels = calloc(side, side); /* draw_png frees it */
    CHECK(pixels != NULL);
    uint32_t width = (uint32_t)q->width;
    for (uint32_t y = 0; y < width * ask->scale; y++) {
        png_byte *row = pixels + (size_t)(y + ask->margin * ask->scale) * side;
        for (uint32_t x = 0; x < width * ask->scale; x++)
            row[x + ask->margin * ask->scale] = dark(q, x / ask->scale, y / ask->scale);
    }
    return pixels;
}

static void draw_png(const QRcode *q, const qr_ask *ask, buf *out)
{
    static const png_byte palette[] = {255, 255, 255, 0, 0, 0};
    uint32_t side = ((uint32_t)q->width + 2 * ask->margin) * ask->scale;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = side,
                       .height = side,
                       .format = PNG_FORMAT_RGB_COLORMAP,
                       .flags = PNG_IMAGE_FLAG_FAST,
                       .colormap_entries = 2};
    png_byte *pixels = pixels_of(q, ask, side);
    png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
    void *png = malloc(n); /* freed below */
    CHECK(png != NULL);
    CHECK(png_image_write_to_memory(&image, png, &n, 0, pixels, 0, palette) != 0);
    buf_add(out, png, n);
    free(png);
    free(pixels);
}

void qr_draw(const qr_ask *ask, buf *out)
{
    char text[QR_TEXT_MAX + 1] = {0};
    CHECK(ask->text.n >= 1 && ask->text.n <= QR_TEXT_MAX && str_is_printable(ask->text));
    CHECK(ask->scale >= 1 && ask->scale <= QR_SCALE_MAX && ask->margin <= QR_MARGIN_MAX);
    memcpy(text, ask->text.p, ask->text.n);
    /* It chooses the encoding of each part itself: capitals and digits take 5.5 bits. */
    QRcode *q = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    CHECK(q != NULL); /* the text fits: there is no memory */
    if (ask->kind == QR_SVG)
        draw_svg(q, ask, out);
    else
        draw_png(q, ask, out);
    QRcode_free(q);
}

str qr_type(qr_kind kind)
{
    return kind == QR_SVG ? S("image/svg+xml") : S("image/png");
}
