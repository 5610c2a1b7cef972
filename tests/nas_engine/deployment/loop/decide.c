/* Outputs int8 [windows][classes] on standard input; for each detection a line: number of the window, class. */
#include <stdio.h>

#include "earshot_loop.h"

static earshot_loop loop;

int main(void)
{
    int8_t outputs[EARSHOT_CLASSES];
    uint8_t detected[EARSHOT_CLASSES];
    earshot_loop_init(&loop);
    for (unsigned long window = 0; fread(outputs, sizeof outputs, 1, stdin) == 1; window++) {
        int said = earshot_loop_decide(&loop, outputs, detected);
        for (int c = 0; c < EARSHOT_CLASSES; c++) {
            if (detected[c]) {
                printf("%lu %d\n", window, c);
                said--;
            }
        }
        if (said != 0) {
            return 1;
        }
    }
    return 0;
}
