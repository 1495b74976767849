-- The peers on PostgreSQL: claims as a shop writes them by itself, in two ways. Both keep what a
-- claim of Quan keeps: the answer to the key with the hash of the request; the user's count against
-- the limit; the stock; the coupon with its code, in a wallet and found when it is due; an event.
--
-- claim()      one call a claim, a transaction each. Any session may ask for any user.
-- statement    one statement for many claims (claims_many.sql). One statement sees one snapshot, so
--              sessions share neither users nor a part of the stock: who runs it sees to that, and
--              nothing finds out when he does not.
--
-- The stock of a template is split into parts, or its row would be locked from the first claim of
-- a transaction until its sync (the function), or for ever be one session's (the statement). What
-- is left in another part is not asked for: with some left, `sold_out` may be said.
--
-- Events have a number each, in no order of their commits. No budgets, no statistics by day.
CREATE TABLE stock (
    template int4, part int4, remaining int8 NOT NULL CHECK (remaining >= 0),
    issued int8 NOT NULL DEFAULT 0, PRIMARY KEY (template, part));
CREATE TABLE answer (
    key text PRIMARY KEY, body int8 NOT NULL, outcome text NOT NULL, at_ms int8 NOT NULL);
CREATE TABLE used (
    owner text, template int4, n int4 NOT NULL, PRIMARY KEY (owner, template));
CREATE SEQUENCE number CACHE 32;
CREATE TABLE coupon (
    id int8 PRIMARY KEY, owner text NOT NULL, template int4 NOT NULL, state int2 NOT NULL,
    code text NOT NULL, issued_at_ms int8 NOT NULL, expires_at_ms int8 NOT NULL);
CREATE INDEX coupon_of ON coupon (owner, id);
CREATE INDEX coupon_due ON coupon (expires_at_ms);
CREATE TABLE event (
    id int8 PRIMARY KEY, kind text NOT NULL, coupon int8 NOT NULL, owner text NOT NULL,
    template int4 NOT NULL, at_ms int8 NOT NULL);

INSERT INTO stock SELECT t, p, 1000000000000 FROM generate_series(0, 63) t, generate_series(0, 63) p;

-- What is said: the coupon's number, or why not. Said again to the same key.
CREATE FUNCTION claim(
    asked text, hash int8, who text, what int4, from_part int4, most int4, now_ms int8, valid_ms int8)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before answer;
    made int8;
    said text;
BEGIN
    SELECT * INTO before FROM answer WHERE key = asked;
    IF FOUND THEN
        RETURN CASE WHEN before.body = hash THEN before.outcome ELSE 'idempotency_mismatch' END;
    END IF;
    UPDATE stock SET remaining = remaining - 1, issued = issued + 1
        WHERE template = what AND part = from_part AND remaining > 0;
    IF NOT FOUND THEN
        RETURN 'sold_out';
    END IF;
    INSERT INTO used AS u VALUES (who, what, 1)
        ON CONFLICT (owner, template) DO UPDATE SET n = u.n + 1 WHERE u.n < most;
    IF FOUND THEN
        made := nextval('number');
        said := made;
        INSERT INTO coupon VALUES (made, who, what, 1,
            substr(encode(sha256(('secret' || made)::bytea), 'hex'), 1, 13), now_ms,
            now_ms + valid_ms);
        INSERT INTO event VALUES (nextval('number'), 'coupon_issued', made, who, what, now_ms);
    ELSE
        said := 'limit_reached';
        UPDATE stock SET remaining = remaining + 1, issued = issued - 1
            WHERE template = what AND part = from_part;
    END IF;
    INSERT INTO answer VALUES (asked, hash, said, now_ms);
    RETURN said;
END $$;
