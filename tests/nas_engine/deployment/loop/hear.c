/* hear PIECE < PCM: the network's inputs int8 [n][frames][mel bins], pushed in pieces of so many samples. */
#include <stdio.h>
#include <stdlib.h>

#include "earshot_loop.h"

static earshot_loop loop;
static int16_t samples[1 << 16];
static int8_t input[EARSHOT_FRAMES * EARSHOT_MEL_BINS];

int main(int argc, char **argv)
{
    const size_t piece = argc == 2 ? (size_t)atoi(argv[1]) : 0;
    size_t count;
    earshot_loop_init(&loop);
    while ((count = fread(samples, sizeof samples[0], piece, stdin)) > 0) {
        const int16_t *pcm = samples;
        while (earshot_loop_hear(&loop, &pcm, &count)) {
            earshot_loop_input(&loop, input);
            fwrite(input, sizeof input, 1, stdout);
        }
    }
    return 0;
}
