-- POST one request for each line of the file LINES, once: WHAT is claim (a line is a template),
-- exchange (a code) or redeem (the code of a coupon). KEY is the key, RUN a name that no other run
-- has, USERS how many there are. See codes.sh, which sees that there are lines enough.
local what, key, run = os.getenv('WHAT'), os.getenv('KEY'), os.getenv('RUN')
local users = tonumber(os.getenv('USERS'))
local lines, n = {}, 0
for line in io.lines(os.getenv('LINES')) do
    lines[#lines + 1] = line
end

local paths = {claim = '/v1/claims', exchange = '/v1/codes/exchange', redeem = '/v1/redemptions'}
local cart = '{"lines":[{"sku":"bench","quantity":2,"unit_price":{"amount":100000,"currency":"USD"}}]}'

local function body(line)
    if what == 'redeem' then
        return '{"codes":["' .. line .. '"],"order_number":"' .. run .. '-' .. n .. '","cart":' .. cart .. '}'
    end
    local name = what == 'claim' and 'template' or 'code'
    return '{"user":"u' .. n * 7919 % users .. '","' .. name .. '":"' .. line .. '"}'
end

function request()
    n = n + 1
    local text = body(lines[n]) -- past the last line it fails, and so does the run
    return 'POST ' .. paths[what] .. ' HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ' .. key ..
        '\r\nIdempotency-Key: ' .. run .. '-' .. n .. '\r\nContent-Type: application/json\r\nContent-Length: ' ..
        #text .. '\r\n\r\n' .. text
end
