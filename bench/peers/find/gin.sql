-- Templates in PostgreSQL, found by GIN indexes over the words that they need: see
-- bench/scenario/find.sh. Each cart is timed inside the server, by a prepared statement.
\set QUIET on
\pset tuples_only on
\pset format unaligned
set client_min_messages = warning;
drop table if exists templates, carts;
create table templates (id bigint primary key, needs text[], within text[], without text[], spend bigint);
create table carts (lines text[], context text[], total bigint);
\copy templates from 'templates.tsv'
\copy carts from 'carts.tsv'
create index on templates using gin (needs) where needs <> '{}';
create index on templates using gin (within) where needs = '{}' and within <> '{}';
create index on templates (spend) where needs = '{}' and within = '{}';
analyze templates;
prepare fitting (text[], text[], bigint) as
  select count(*) from (
    select id from templates where needs <> '{}' and needs && $1 and spend <= $3
      and (within = '{}' or within && $2) and not without && $1
    union all
    select id from templates where needs = '{}' and within <> '{}' and within && $2 and spend <= $3
    union all
    select id from templates where needs = '{}' and within = '{}' and spend <= $3) as found;
create temp table times (us double precision, found bigint);
do $$
declare
  cart carts;
  begun timestamptz;
  n bigint;
begin
  for cart in select * from carts loop
    begun = clock_timestamp();
    execute format('execute fitting(%L, %L, %s)', cart.lines, cart.context, cart.total) into n;
    insert into times values (extract(epoch from clock_timestamp() - begun) * 1000000, n);
  end loop;
end $$;
select format('PostgreSQL GIN: p50 %s us, p99 %s us; fit, mean %s; %s MB',
  round(percentile_cont(0.5) within group (order by us)),
  round(percentile_cont(0.99) within group (order by us)),
  round(avg(found), 1), pg_total_relation_size('templates') / 1000000) from times;
