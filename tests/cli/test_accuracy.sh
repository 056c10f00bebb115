#!/bin/sh
# accuracy on eight pictures of 4x4: sets of every form, the table, rows that are gone on with.
. tests/cli/cli.sh
cd "$WORK" || exit 1

octets() { for i in "$@"; do printf '%b' "\\0$(printf %o "$i")"; done; }
pixels() { # of image $1
    for pixel in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        octets $((($1 % 2) * 128 + (pixel * 37 + $1 * 91) % 128))
    done
}
mkdir set folder folder/0 folder/1 flat
{
    octets 0 0 8 3 0 0 0 8 0 0 0 4 0 0 0 4
    for image in 0 1 2 3 4 5 6 7; do pixels $image; done
} >set/t10k-images-idx3-ubyte
octets 0 0 8 1 0 0 0 8 0 1 0 1 0 1 0 1 >set/t10k-labels-idx1-ubyte
for image in 0 1 2 3 4 5 6 7; do
    { printf 'P5 4 4 255\n'; pixels $image; } >folder/$((image % 2))/$image.pgm
    cp folder/$((image % 2))/$image.pgm flat/
done
gzip -c set/t10k-images-idx3-ubyte >images-idx3.gz
gzip -c set/t10k-labels-idx1-ubyte >labels-idx1.gz
{
    echo file,class
    for image in 0 1 2 3 4 5 6 7; do echo $image.pgm,$((image % 2)); done
} >labels.csv
# the same images as tiles, one below the other
{ printf 'P5 4 32 255\n'; for image in 0 1 2 3 4 5 6 7; do pixels $image; done; } >all.pgm
octets 0 1 0 1 0 1 0 1 >all_labels.bin
{ printf 'P5 4 16 255\n'; for image in 0 1 2 3; do pixels $image; done; } >part_0.pgm
{ printf 'P5 4 16 255\n'; for image in 4 5 6 7; do pixels $image; done; } >part_1.pgm
cp all_labels.bin part_labels.bin
cat >net.yaml <<'END'
name: tiny
input: {name: data, shape: [1, 4, 4]}
layers:
  - {conv: conv1, out: 4, kernel: 3, pad: 1, relu: true}
  - {pool: pool1, kind: max, kernel: 2, stride: 2}
  - {conv: conv2, out: 4, kernel: 3, pad: 1, relu: true}
  - {fc: fc1, out: 2}
  - {softmax: prob}
END
cat >d.yaml <<'END'
name: tiny
network: {model: net.yaml, preprocess: {mean: 0, scale: 0.0039, fit: none, resize: 0, crop: 0}}
batch: 3
END
a() { program accuracy d.yaml --quiet "$@"; }
v='accelerator.precision=fp32,fixed16,int8'

# ---- what makes the classes senseless is said
said() { # WHAT WORDS: in the table, however its lines are broken
    ok "$([ $status = 0 ] && tr '\n' ' ' <out | grep -q -- "$2"; echo $?)" "$1"
}
a --images set
said 'that weights are synthetic' 'the weights are synthetic, not trained'
ok "$(! grep -q 'default preprocessing' out && ! grep -q "the network's input is" out; echo $?)" 'and nothing of a set that fits'
a --images flat
ok "$([ $status = 0 ] && ! grep -q synthetic out; echo $?)" 'without labels there is no answer to speak of'
sed '/preprocess/s/, preprocess.*}/}/' d.yaml >bare.yaml
sed 's/shape: .*]/shape: [3, 8, 8]/' net.yaml >large.yaml
program accuracy bare.yaml --quiet --images set
said 'the default preprocessing, of images that are not resized' 'expect it: B G R minus 104'
program accuracy d.yaml --quiet --images set --model large.yaml --set network.preprocess.fit=stretch --set network.preprocess.resize=8 --set network.preprocess.crop=8
said 'that images have another size than the input' "images are 1x4x4 and the network's input is 3x8x8"
mkdir mixed && cp flat/0.pgm mixed/a.PGM && cp flat/1.pgm mixed/b.pgm && : >mixed/c.bmp && : >mixed/d.TIFF && : >mixed/notes.txt
a --images mixed
said 'what pictures of a folder cannot be read' '2 pictures of mixed are left out: only JPEG, PNG, WebP, PPM and PGM are read'
ok "$(grep -q '^mixed: 2 images' out; echo $?)" 'the case of an ending does not matter'
# a stack of bytes, as numpy.save writes it: not what a picture becomes
{
    printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 4, 4), }"
    pixels 3
} >bytes.npy
a --images bytes.npy
said 'that integers are not scaled' 'bytes.npy holds integers, taken as they are: mean and scale of network.preprocess'
a --images bytes.npy --set network.preprocess.scale=1
ok "$([ $status = 0 ] && ! grep -q 'holds integers' out; echo $?)" 'and nothing where that makes no difference'
mkdir tiles && cp all.pgm all_labels.bin tiles/
a --images tiles
ok "$([ $status = 2 ] && grep -q 'tiles/all_labels.bin: holds labels of a picture of tiles.*--images tiles/all.pgm' err; echo $?)" 'a folder of pictures of tiles is no folder of photographs'

# ---- sets of every form have the same images
a --images set --reference fp32 --vary $v --format csv
cp out want.csv
ok "$([ $status = 0 ] && [ "$(wc -l <want.csv)" = 4 ]; echo $?)" 'a line for each precision'
for set in folder images-idx3.gz all.pgm part_0.pgm 'flat --labels labels.csv'; do
    # shellcheck disable=SC2086 # a set and its labels
    a --images $set --reference fp32 --vary $v --format csv
    ok "$(cmp -s want.csv out; echo $?)" "$set is the same set"
done
a --images part_1.pgm --format json
json 'a series begins where it is told to' 'assert d["points"][0]["labelled"] == 4'
a --images flat --format json
json 'without labels there is no accuracy' 'assert d["points"][0]["top1_frac"] is None and d["points"][0]["images"] == 8'
a --images set --vary $v --reference fp32
ok "$(grep -q '^fixed16' out && grep -q '^conv2 ' out && grep -q 'label / answer of int8' out; echo $?)" 'the table has precisions, layers, classes'
a --images set --vary $v --reference fp32 --format json
json 'fp32 is exact, int8 is noisy' '
p = d["points"]
assert d["images"] == p[0]["images"] and d["top1"] == p[0]["top1_frac"] and d["reference_agreement"] == 1
assert d["layers"] == p[0]["layers"] and "top5" in d and "images_per_second_wall" in d
assert p[0]["agree_frac"] == 1 and p[0]["largest_difference"] == 0
assert p[2]["largest_difference"] > p[1]["largest_difference"] > 0
assert 10 < [l["sqnr_db"] for l in p[2]["layers"] if l["name"] == "conv2"][0] < 60
assert sum(map(sum, p[0]["confusion"])) == 8
assert p[0]["cycles"] > 0 and p[2]["resources.dsp.used"] < p[0]["resources.dsp.used"]'

a --images set --vary accelerator.precision=fp32,int8
said 'notes of every line are below the table' 'the scales of int8 come from the first 8 images'
ok "$([ "$(grep -c 'the weights are synthetic' out)" = 1 ]; echo $?)" 'each once'

# ---- what run says of the images one by one
cp out json
for i in 0 3; do
    program run d.yaml --input flat/$i.pgm --set batch=1 --quiet --format json
    top=$(grep -m 1 '"class"' out | tr -dc 0-9)
    a --images flat --limit $((i + 1)) -o one.csv
    ok "$(tail -n 1 one.csv | grep -q ",,$top;"; echo $?)" "image $i has the class that run gives it"
    rm -f one.csv
done

# ---- pictures in colour: as tiles and one by one; a mean image
colours() { # of image $1
    for pixel in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        octets $(((pixel * 37 + $1 * 91) % 256)) $(((pixel * 11 + $1 * 5) % 256)) $(((pixel * 3 + $1 * 17) % 256))
    done
}
mkdir colour
for image in 0 1 2; do
    { printf 'P6 4 4 255\n'; colours $image; } >colour/$image.ppm
done
{ printf 'P6 4 12 255\n'; for image in 0 1 2; do colours $image; done; } >tiles.ppm
octets 0 1 0 >tiles_labels.bin
{
    printf '\223NUMPY\001\000v\000'
    printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 4, 4), }"
    value=0
    while [ $value -lt 48 ]; do octets 0 0 0 64; value=$((value + 1)); done # 2.0
} >two.npy
sed 's/\[1, 4, 4\]/[3, 4, 4]/' net.yaml >colours.yaml
cat >colour.yaml <<'END'
network: {model: colours.yaml, preprocess: {mean: 0, scale: [0.01, 0.02, 0.04], fit: none, resize: 0, crop: 0}}
accelerator: {precision: int8}
END
rows() { # NAME OPTION...: what the datapath makes of each image
    name=$1
    shift
    program accuracy colour.yaml --quiet --reference fp32 -o "$name.csv" "$@"
    cut -d, -f7-11 "$name.csv" >"$name.rows"
}
rows pictures --images colour
rows tiles --images tiles.ppm
ok "$([ "$(wc -l <pictures.rows)" = 4 ] && cmp -s pictures.rows tiles.rows; echo $?)" 'a tile in colour is the picture of the same pixels'
rows image --images colour --mean two.npy
rows value --images colour --set network.preprocess.mean=2
ok "$(cmp -s image.rows value.rows && ! cmp -s image.rows pictures.rows; echo $?)" 'a mean image is subtracted pixel by pixel, and scaled plane by plane'

# ---- an output that is the number of the class itself, and may name one that no label has
sed 's/out: 2/out: 1/; /softmax/d' net.yaml >number.yaml
for seed in 1 2 3 4 5 6; do
    a --images set --model number.yaml --set network.weights=synthetic:$seed --format json
    json "seed $seed: any number is an answer" 'assert d["points"][0]["labelled"] == 8'
done

# ---- rows: any number of threads, gone on with, damaged
r() { a --images set --vary $v --reference fp32 --format csv -o "$@"; }
r one.csv --jobs 1
cp one.csv whole.csv
rm -f three.csv
r three.csv --jobs 3
ok "$(cmp -s one.csv three.csv && cmp -s out want.csv; echo $?)" 'any number of threads writes the same rows'
head -c "$(($(wc -c <whole.csv) / 2))" whole.csv >half.csv
r half.csv
ok "$(cmp -s half.csv whole.csv && cmp -s out want.csv; echo $?)" 'a file that was cut short is gone on with'
for threads in 1 3; do
    a --images set --set accelerator.precision=int8 --set network.correct_biases=true --set network.range=mse --reference fp32 --jobs $threads -o threads$threads.csv
done
ok "$(cmp -s threads1.csv threads3.csv && [ "$(wc -l <threads1.csv)" = 9 ]; echo $?)" 'and measures the same ranges and means'
sed '5s/,1;0,/,0;1,/' whole.csv >bad.csv
r bad.csv
ok "$([ $status = 0 ] && cmp -s out want.csv && grep -q 'bad.csv:5: the check sum' err; echo $?)" 'a damaged row is made again'
ok "$(sort bad.csv | cmp -s - "$(sort whole.csv >sorted.csv; echo sorted.csv)"; echo $?)" 'and the file is whole again'

# ---- Ctrl-C, here its like: rows are whole, and it says how to go on
tail -c 128 all.pgm >many.pixels
cp all_labels.bin many_labels.bin
for _ in 1 2 3 4 5 6 7 8; do
    for file in many.pixels many_labels.bin; do cat $file $file >twice && mv twice $file; done
done
{ printf 'P5 4 8192 255\n'; cat many.pixels; } >many.pgm
GCOV_PREFIX=$APART "$ZYNQSIM" accuracy d.yaml --images many.pgm -o int.csv --jobs 1 --quiet >out 2>err &
interrupt $! int.csv
ok "$([ $status = 0 ] || { [ $status = 143 ] && grep -q '^zynqsim: int.csv: interrupted after .* of 2048 images; the same command goes on' err && [ ! -s out ] && [ "$(tail -c 1 int.csv)" = '' ]; }; echo $?)" 'an interrupt ends with whole rows and says how to go on'
a --images many.pgm -o int.csv
ok "$([ $status = 0 ] && ! grep -q 'cut short' err && [ "$(wc -l <int.csv)" = 2049 ]; echo $?)" 'and it does go on'

# ---- refused, with a sentence
refuses() {
    want=$1 text=$2
    shift 2
    a "$@"
    ok "$([ "$status" = "$want" ] && grep -qF -- "$text" err; echo $?)" "$text"
}
refuses 2 'holds rows of other runs' --images set -o whole.csv
refuses 2 '--images: is needed'
refuses 2 '--limit: 0 is below the minimum 1' --images set --limit 0
refuses 2 "'int8' is not fp32" --images set --reference int8
refuses 2 'is no file of rows of accuracy' --images set -o d.yaml
refuses 2 'has 8 labels for 1' --images flat/0.pgm --labels all_labels.bin
echo file,class >none.csv
refuses 2 'none.csv: names no picture' --images flat --labels none.csv
printf 'file,class\n%s/flat/1.pgm,1\n' "$WORK" >whole_path.csv
a --images folder --labels whole_path.csv --format json
json 'a picture may be named by its whole path' 'assert d["images"] == 1'
octets 0 9 0 1 0 1 0 1 >labels9.bin
refuses 2 '--labels: image 1 is of class 9, the network has 2 classes' --images all.pgm --labels labels9.bin
cp all.pgm nine.pgm && cp labels9.bin nine_labels.bin
refuses 2 'nine.pgm: image 1 is of class 9' --images nine.pgm
printf X | dd of=set/t10k-images-idx3-ubyte bs=1 seek=20 conv=notrunc 2>/dev/null
r whole.csv
ok "$([ $status = 2 ] && grep -q 'which is another picture now' err; echo $?)" 'a changed picture is seen'
sed '/fc1/,$d' net.yaml >open.yaml
refuses 2 'open.yaml: its output is 4x2x2' --images folder --model open.yaml
finish
