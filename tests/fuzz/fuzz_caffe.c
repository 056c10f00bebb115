#include "fuzz_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    fuzz_net(zs_net_caffe_parse, "fuzz.caffemodel", data, bytes);
    return 0;
}
