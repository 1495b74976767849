/* E-mail addresses in the one form in which they are compared, so that one mailbox counts once
 * however it is typed.
 *
 * What is taken is the "valid e-mail address" of the HTML standard, which forms in browsers check,
 * in any script: letters, digits, dots and !#$%&'*+/=?^_`{|}~- before the one @, and a domain of
 * two labels or more. A quoted local part, a comment and an address of a host ([192.0.2.1]) are
 * none. White space around it is left out.
 *
 * The form:
 *   local part   case folded in full, in NFC. Hosts may tell mailboxes apart by case (RFC 5321
 *                2.4), but next to none does, and a limit that a capital letter passes is none.
 *   domain       as RFC 5895 maps what people type: lower case, of full and half width the usual
 *                letter, an ideographic full stop as a dot, in NFC; then a label with other letters
 *                than ASCII's as its xn-- form (RFC 3492), which is what mail is sent to.
 * Nothing else: dots and what is behind a + stay, because only the host knows whether it passes
 * over them. Letters of two scripts that look alike differ, as they do for mail.
 *
 * Not looked at: whether there is such a domain, whether one of its letters may be registered
 * (IDNA 2008's tables), and whether what is typed as xn-- encodes anything.
 *
 * The form of a form is itself. Its hash is stored (app/reserve.h), so the form of an address never
 * changes, but for letters that Unicode had not assigned: those are refused until then. */
#ifndef QUAN_BASE_EMAIL_H
#define QUAN_BASE_EMAIL_H

#include "base/arena.h"
#include "base/str.h"

enum {
    EMAIL_BYTES_MAX = 254, /* RFC 5321 with erratum 1690 */
    EMAIL_LOCAL_MAX = 64,  /* bytes before the @ */
    EMAIL_LABEL_MAX = 63,  /* bytes, in the form */
};

/* NULL, and *out is its form, in memory; else what is wrong with it, for people. Lengths are those
 * of what is typed, without white space around it, and of the form. */
MUST_USE const char *email_form(str typed, arena *memory, str *out);

#endif
