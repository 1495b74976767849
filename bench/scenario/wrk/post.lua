-- POST one request for each line of the file LINES, once. WHAT is claim (a line is a template),
-- exchange (a code), redeem (the code of a coupon), transfer (a coupon and its user) or offer (the
-- same; each that was answered is accepted next). KEY is the key, RUN a name that no other run has,
-- USERS how many there are. See codes.sh and transfers.sh, which see that there are lines enough.
local what, key, run = os.getenv('WHAT'), os.getenv('KEY'), os.getenv('RUN')
local users = tonumber(os.getenv('USERS'))
local lines, n, sent = {}, 0, 0
for line in io.lines(os.getenv('LINES')) do
    lines[#lines + 1] = line
end
local offered = {} -- ids that are to be accepted, and by whom
local accepted = 0

local cart = '{"lines":[{"sku":"bench","quantity":2,"unit_price":{"amount":100000,"currency":"USD"}}]}'

local function user()
    return 'u' .. n * 7919 % users
end

-- Of one line: path and body.
local write = {
    claim = function(line)
        return '/v1/claims', '{"user":"' .. user() .. '","template":"' .. line .. '"}'
    end,
    exchange = function(line)
        return '/v1/codes/exchange', '{"user":"' .. user() .. '","code":"' .. line .. '"}'
    end,
    redeem = function(line)
        return '/v1/redemptions',
            '{"codes":["' .. line .. '"],"order_number":"' .. run .. '-' .. n .. '","cart":' .. cart .. '}'
    end
}

local function give(path, line)
    local coupon, from = line:match('(%S+) (%S+)')
    local to = user()
    if to == from then
        to = to .. '-too'
    end
    return path, '{"coupon":"' .. coupon .. '","user":"' .. from .. '","to":"' .. to .. '"}'
end
function write.transfer(line)
    return give('/v1/transfers', line)
end
function write.offer(line)
    return give('/v1/offers', line)
end

function request()
    local path, text
    if accepted < #offered then
        accepted = accepted + 1
        path, text = '/v1/offers/accept', offered[accepted]
    else
        n = n + 1
        path, text = write[what](lines[n]) -- past the last line it fails, and so does the run
    end
    sent = sent + 1
    return 'POST ' .. path .. ' HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ' .. key ..
        '\r\nIdempotency-Key: ' .. run .. '-' .. sent .. '\r\nContent-Type: application/json\r\nContent-Length: ' ..
        #text .. '\r\n\r\n' .. text
end

if what == 'offer' then
    function response(status, headers, body)
        if body:find('"state":"open"', 1, true) then
            offered[#offered + 1] = '{"transfer":"' .. body:match('"transfer":"([%w_]+)"') .. '","user":"' ..
                body:match('"to_user":"([^"]+)"') .. '"}'
        end
    end
end
