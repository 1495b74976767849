/* Phone numbers in the one form in which they are compared: E.164, a + and the digits, so that one
 * number is one holder and counts once however it is typed.
 *
 * What is taken:
 *   +86 138-0013-8000     international: a + and the digits
 *   0086 138 0013 8000    the international prefix, 00 or that of the region
 *   138 0013 8000         national, where a region is named: without or with its trunk prefix
 * Between the digits there may be spaces, hyphens, dots, slashes and brackets; digits, plus and
 * brackets may be of full width, digits Arabic, too. Letters and extensions are none.
 *
 * The trunk prefix 0 that many write behind the calling code, +44 (0)20 …, is left out where the
 * region is one of the table and has it; numbers of Italy keep their 0. Numbers of a region of the
 * table have as many digits as its numbers have; all others from 7 to 15 with the calling code.
 *
 * The table (phone.c) has regions whose national form is one rule: Argentina, Brazil and Mexico
 * (codes of carriers and of mobiles inside) are not in it, so theirs are taken internationally.
 * Sources: ITU-T E.164 (11/2010) for the 15 digits; the national numbering plans that members
 * send to the ITU for prefixes and lengths.
 *
 * Not looked at: whether there is such a number, or who has it. libphonenumber knows more of that,
 * but its rules change with every release, and what is stored here is a hash of the form, which
 * must not: a row of the table is never changed, only added.
 *
 * The form of a form is itself, whatever the region. */
#ifndef QUAN_BASE_PHONE_H
#define QUAN_BASE_PHONE_H

#include "base/arena.h"
#include "base/str.h"

enum {
    PHONE_DIGITS_MIN = 7, /* with the calling code: those of Niue */
    PHONE_DIGITS_MAX = 15,
    PHONE_TYPED_MAX = 128, /* bytes */
};

/* region: ISO 3166-1 alpha-2, of the table; empty: only the international form is taken. NULL, and
 * *out is the form, in memory; else what is wrong with it, for people, which does not repeat it. */
MUST_USE const char *phone_form(str typed, str region, arena *memory, str *out);

/* Is it in the table? */
bool phone_region_is_known(str region);
/* The n-th of them, in the order of their names; empty behind the last. */
str phone_region_at(size_t n);

#endif
