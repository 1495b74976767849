-- GET one of the paths in the file PATHS, drawn at random, with the key KEY: see reads.sh.
local paths = {}
local key = os.getenv('KEY')
for line in io.lines(os.getenv('PATHS')) do
    paths[#paths + 1] = line
end

function init(args)
    math.randomseed(os.time())
end

function request()
    return wrk.format('GET', paths[math.random(#paths)], {Authorization = 'Bearer ' .. key})
end
