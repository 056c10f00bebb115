#include "support.h"

TCase *tcase_axi(void);
TCase *tcase_dram(void);
TCase *tcase_dram_policy(void);
TCase *tcase_flow(void);
TCase *tcase_memsys(void);
TCase *tcase_memsys_agree(void);
TCase *tcase_memsys_alone(void);
TCase *tcase_memsys_channels(void);
TCase *tcase_memsys_fixed(void);
TCase *tcase_memsys_repeat(void);
TCase *tcase_serial(void);
TCase *tcase_traffic(void);
TCase *tcase_port_shares(void);
TCase *tcase_port_stream(void);
TCase *tcase_nest(void);
TCase *tcase_mask(void);
TCase *tcase_zero_code(void);
TCase *tcase_systolic(void);

int main(void)
{
    TCase *(*const cases[])(void) = {tcase_axi,
                                     tcase_dram,
                                     tcase_dram_policy,
                                     tcase_memsys,
                                     tcase_memsys_agree,
                                     tcase_memsys_alone,
                                     tcase_memsys_channels,
                                     tcase_memsys_fixed,
                                     tcase_memsys_repeat,
                                     tcase_serial,
                                     tcase_traffic,
                                     tcase_port_shares,
                                     tcase_port_stream,
                                     tcase_flow,
                                     tcase_nest,
                                     tcase_mask,
                                     tcase_zero_code,
                                     tcase_systolic};
    return test_main("hw", cases, ZS_LEN(cases));
}
