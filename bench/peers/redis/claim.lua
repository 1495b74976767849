-- A claim as Quan does it, in one script: the key's first answer, the user's limit, the stock, a
-- code, the coupon, the wallet and the count of the day.
-- KEYS: 1 idempotency record, 2 stock, 3 the user's count, 4 wallet, 5 sequence, 6 tally
-- ARGV: 1 hash of the request, 2 limit, 3 user, 4 template, 5 now (ms), 6 valid for (ms)
local before = redis.call('HMGET', KEYS[1], 'request', 'answer')
if before[1] then
    if before[1] ~= ARGV[1] then
        return 'idempotency_mismatch'
    end
    return before[2]
end
if tonumber(redis.call('GET', KEYS[3]) or '0') >= tonumber(ARGV[2]) then
    redis.call('HSET', KEYS[1], 'request', ARGV[1], 'answer', 'limit_reached')
    redis.call('EXPIRE', KEYS[1], 172800)
    return 'limit_reached'
end
if redis.call('DECR', KEYS[2]) < 0 then
    redis.call('INCR', KEYS[2])
    return 'sold_out'
end
local id = redis.call('INCR', KEYS[5])
local code = string.sub(redis.sha1hex('secret' .. id), 1, 13)
redis.call('INCR', KEYS[3])
redis.call('HSET', 'c:' .. id, 'user', ARGV[3], 'template', ARGV[4], 'state', 'available', 'issued',
    ARGV[5], 'expires', ARGV[5] + ARGV[6], 'code', code)
redis.call('ZADD', KEYS[4], ARGV[5], id)
redis.call('HINCRBY', KEYS[6], 'issued', 1)
redis.call('HSET', KEYS[1], 'request', ARGV[1], 'answer', 'c:' .. id)
redis.call('EXPIRE', KEYS[1], 172800)
return 'c:' .. id
