#!/bin/sh
# validate: chains of streaming nodes, whose every figure must be that of the RTL.
. tests/cli/cli.sh
cd "$WORK" || exit 1

head='case,images,input_gap,words_in,words_out,deadlock,interval,first_output,last_output,input_stall_cycles,fifo_max,edge_first,edge_last,chain'
chain='"fifo(2)|dwc(in=1,out=2)|fifo(2)|mvu(sf=2,nf=2)|fifo(2)"'
cat >chains.csv <<END
$head
pair,2,1,4,2,no,4,15;19,17;21,0,1;1;1,0;1;3;4;14;15,7;8;9;10;20;21,$chain
stuck,1,1,8,2,yes,,,,,2;1;1;0,,,"fifo(2)|fork(id=0,bypass=1)|fifo(2)|mvu(sf=2,nf=2)|fifo(2)|join(id=0)|dwc(in=1,out=4)"
END
program validate --against chains.csv
ok "$([ $status = 0 ] && [ "$(grep -c ' inside *$' out)" = 5 ]; echo $?)" 'clocks, fills and deadlocks are those written down'

sed 's/,15;19,/,15;20,/' chains.csv >off.csv
program validate --against off.csv
ok "$([ $status = 1 ] && grep -qE '^pair +first_output +19 +20 .* outside' out; echo $?)" 'a clock beside is named'
sed 's/1;1;1,0;1/1;2;1,0;1/' chains.csv >off.csv
program validate --against off.csv
ok "$([ $status = 1 ] && grep -qE '^pair +fifo_max +1 +2 .* outside' out; echo $?)" 'so is a fill'
sed '1s/$/,words_found/; 2s/$/,6/; 3s/$/,/' chains.csv >least.csv
program validate --against least.csv
ok "$([ $status = 0 ] && grep -qE '^pair +words_found +6 +6 .* inside' out; echo $?)" 'least FIFOs that a search found are found as well'
sed '2s/,6$/,5/' least.csv >off.csv
program validate --against off.csv
ok "$([ $status = 1 ] && grep -qE '^pair +words_found +6 +5 .* outside' out; echo $?)" 'more words than that are wrong'
for wrong in 's/no,4/maybe,4/' 's/sf=2,nf=2)|fifo(2)"/sf=3,nf=2)"/' 's/15;19/15/' 's/mvu/mvau/' 's/pair,2,1/pair,0,1/' 's/bypass=1/bypass=0/'; do
    sed "$wrong" chains.csv >off.csv
    program validate --against off.csv
    ok "$([ $status = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ]; echo $?)" "refused in a line: $wrong"
done
finish
