/* Assertions that stay on in release.
 *
 * CHECK is for what cannot happen whatever the input: it prints the place and aborts, because a
 * wrong coupon is worse than a restart. Bad input gets a `result`, never a CHECK. MAYBE documents
 * that both outcomes are normal. Does not log and does not clean up: the process is gone. */
#ifndef QUAN_BASE_CHECK_H
#define QUAN_BASE_CHECK_H

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_LEN(a)      (sizeof(a) / sizeof((a)[0]))

_Noreturn void check_failed(const char *expression, const char *file, int line,
                            const char *function);

#define CHECK(e)      ((e) ? (void)0 : check_failed(#e, __FILE__, __LINE__, __func__))
#define UNREACHABLE() check_failed("unreachable", __FILE__, __LINE__, __func__)
#define MAYBE(e)      ((void)(e))

#endif
