-- Many claims in one statement: see claims.sql.
-- $1 … $4: keys, hashes of the requests, users, templates, as arrays; $5 limit, $6 part of the
-- stock, $7 now (ms), $8 valid for (ms). A row for each claim, in any order: its place, and what is
-- said to it.
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::int8[], $3::text[], $4::int4[])
        WITH ORDINALITY AS a (key, body, owner, template, nth)
), fresh AS (
    SELECT DISTINCT ON (a.key) a.* FROM asked a LEFT JOIN answer b ON b.key = a.key
    WHERE b.key IS NULL ORDER BY a.key, a.nth
), ranked AS (
    SELECT f.*, coalesce(u.n, 0)
        + row_number() OVER (PARTITION BY f.owner, f.template ORDER BY f.nth) AS n
    FROM fresh f LEFT JOIN used u ON u.owner = f.owner AND u.template = f.template
), allowed AS (
    SELECT *, row_number() OVER (PARTITION BY template ORDER BY nth) AS piece
    FROM ranked WHERE n <= $5::int4
), given AS (
    SELECT a.*, nextval('number') AS id
    FROM allowed a JOIN stock s ON s.template = a.template AND s.part = $6::int4
    WHERE a.piece <= s.remaining
), counted AS (
    INSERT INTO used AS u SELECT owner, template, count(*) FROM given GROUP BY owner, template
    ON CONFLICT (owner, template) DO UPDATE SET n = u.n + excluded.n
), taken AS (
    UPDATE stock s SET remaining = s.remaining - g.n, issued = s.issued + g.n
    FROM (SELECT template, count(*) AS n FROM given GROUP BY template) g
    WHERE s.template = g.template AND s.part = $6::int4
), made AS (
    INSERT INTO coupon SELECT id, owner, template, 1,
        substr(encode(sha256(('secret' || id)::bytea), 'hex'), 1, 13), $7::int8, $7::int8 + $8::int8
    FROM given
), told AS (
    INSERT INTO event SELECT nextval('number'), 'coupon_issued', id, owner, template, $7::int8
    FROM given
), said AS (
    SELECT r.key, r.body, coalesce(g.id::text,
        CASE WHEN r.n > $5::int4 THEN 'limit_reached' ELSE 'sold_out' END) AS outcome
    FROM ranked r LEFT JOIN given g ON g.key = r.key
), kept AS (
    INSERT INTO answer SELECT key, body, outcome, $7::int8 FROM said WHERE outcome <> 'sold_out'
)
SELECT a.nth, CASE
        WHEN coalesce(b.body, s.body) <> a.body THEN 'idempotency_mismatch'
        ELSE coalesce(b.outcome, s.outcome)
    END AS answer
FROM asked a LEFT JOIN answer b ON b.key = a.key LEFT JOIN said s ON s.key = a.key
