/*
 * Instructions per hop of the front end, counted by SysTick in an emulator where each instruction takes the same time.
 * NANOSECONDS_PER_INSTRUCTION and CLOCK_HZ are those of the emulator; the loop of known length checks them.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "earshot_frontend.h"
#include "test_vectors.h"

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xE000E018u)
#define LARGEST 0xFFFFFFu

static earshot_frontend state;
static volatile float kept;

static uint32_t ticks_since(uint32_t start) { return (start - SYSTICK_VALUE) & LARGEST; }

static double instructions(uint32_t ticks)
{
    return (double)ticks * 1e9 / CLOCK_HZ / NANOSECONDS_PER_INSTRUCTION;
}

/* 2 * turns instructions. */
static void known_loop(uint32_t turns) { __asm volatile("1: subs %0, %0, #1\n\tbne 1b" : "+r"(turns) : : "cc"); }

/* Not inlined, so that what surrounds the loop is the same in each call. */
__attribute__((noinline)) static uint32_t ticks_of_loop(uint32_t turns)
{
    const uint32_t start = SYSTICK_VALUE;
    known_loop(turns);
    return ticks_since(start);
}

int main(void)
{
    earshot_feature row[EARSHOT_MEL_BINS];
    int8_t input[EARSHOT_MEL_BINS];
    double pushed = 0.0, most = 0.0, quantised = 0.0;
    uint32_t rows = 0;
    SYSTICK_RELOAD = LARGEST;
    SYSTICK_CONTROL = 5; /* enabled, clock of the processor, no interrupt */
    const uint32_t empty = ticks_of_loop(1);
    const double loop = instructions(ticks_of_loop(10001) - empty);
    for (size_t v = 0; v < EARSHOT_TEST_VECTORS; v++) {
        earshot_frontend_init(&state);
        for (size_t start = 0; start + EARSHOT_HOP_SAMPLES <= earshot_test_vectors[v].samples;
             start += EARSHOT_HOP_SAMPLES) {
            const int16_t *pcm = earshot_test_vectors[v].pcm + start;
            size_t count = EARSHOT_HOP_SAMPLES;
            uint32_t begin = SYSTICK_VALUE;
            const int came = earshot_frontend_push(&state, &pcm, &count, row);
            const double once = instructions(ticks_since(begin));
            if (!came) {
                continue;
            }
            begin = SYSTICK_VALUE;
            earshot_frontend_normalise(row);
            earshot_frontend_quantise(row, input);
            quantised += instructions(ticks_since(begin));
            kept = (float)row[0] + (float)input[0];
            pushed += once;
            most = once > most ? once : most;
            rows++;
        }
    }
    printf("{\"push_mean\": %ld, \"push_most\": %ld, \"quantise_mean\": %ld, ", (long)(pushed / rows + 0.5),
           (long)(most + 0.5), (long)(quantised / rows + 0.5));
    printf("\"loop_of_20000\": %ld, \"rows\": %lu, \"state_bytes\": %lu}\n", (long)(loop + 0.5), (unsigned long)rows,
           (unsigned long)sizeof state);
    return 0;
}
