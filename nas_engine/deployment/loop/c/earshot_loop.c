/* Always-on loop: ring of rows, moving average of outputs, thresholds, N of M, refractory time. */
#define EARSHOT_THRESHOLDS
#include "earshot_loop.h"

#if defined(EARSHOT_GAIN) && !defined(EARSHOT_FIXED_POINT)
#include <math.h>
#endif
#include <string.h>

void earshot_loop_init(earshot_loop *loop)
{
    memset(loop, 0, sizeof *loop);
    earshot_frontend_init(&loop->frontend);
    loop->rows_to_wait = EARSHOT_FRAMES;
    loop->windows_to_wait = EARSHOT_SMOOTHING_WINDOWS;
}

#ifdef EARSHOT_GAIN
#ifdef EARSHOT_FIXED_POINT
static int16_t amplified(int16_t sample)
{
    const int64_t louder = ((int64_t)sample * EARSHOT_GAIN_Q16 + 0x8000) >> 16;
    return (int16_t)(louder < -32768 ? -32768 : louder > 32767 ? 32767 : louder);
}
#else
static int16_t amplified(int16_t sample)
{
    const float louder = rintf((float)sample * EARSHOT_GAIN);
    return (int16_t)(louder < -32768.0f ? -32768.0f : louder > 32767.0f ? 32767.0f : louder);
}
#endif

/* Samples pass a small buffer with the gain; of a piece that was not taken whole, the rest is amplified again. */
static int push(earshot_loop *loop, const int16_t **pcm, size_t *count, earshot_feature *row)
{
    int16_t piece[64];
    while (*count > 0) {
        const size_t length = *count < sizeof piece / sizeof piece[0] ? *count : sizeof piece / sizeof piece[0];
        for (size_t i = 0; i < length; i++) {
            piece[i] = amplified((*pcm)[i]);
        }
        const int16_t *next = piece;
        size_t left = length;
        const int is_complete = earshot_frontend_push(&loop->frontend, &next, &left, row);
        *pcm += length - left;
        *count -= length - left;
        if (is_complete) {
            return 1;
        }
    }
    return 0;
}
#else
static int push(earshot_loop *loop, const int16_t **pcm, size_t *count, earshot_feature *row)
{
    return earshot_frontend_push(&loop->frontend, pcm, count, row);
}
#endif

int earshot_loop_hear(earshot_loop *loop, const int16_t **pcm, size_t *count)
{
    earshot_feature row[EARSHOT_MEL_BINS];
    while (push(loop, pcm, count, row)) {
        earshot_frontend_normalise(row);
        earshot_frontend_quantise(row, loop->rows[loop->next_row]);
        loop->next_row = (loop->next_row + 1) % EARSHOT_FRAMES;
        if (--loop->rows_to_wait == 0) {
            loop->rows_to_wait = EARSHOT_HOP_ROWS;
            return 1;
        }
    }
    return 0;
}

void earshot_loop_input(const earshot_loop *loop, int8_t *input)
{
    const size_t older = EARSHOT_FRAMES - loop->next_row;
    memcpy(input, loop->rows[loop->next_row], older * EARSHOT_MEL_BINS);
    memcpy(input + older * EARSHOT_MEL_BINS, loop->rows, loop->next_row * sizeof loop->rows[0]);
}

/* Whether class c is active: at least N of its last M scores are above the threshold. */
static int is_active(earshot_loop *loop, size_t c, int16_t output, int is_whole)
{
    int16_t *steps = &loop->steps[loop->next_steps][c];
    uint8_t *above = &loop->above[loop->next_above][c];
    loop->sums[c] += output - *steps;
    *steps = output;
    loop->counts[c] -= *above;
    *above = is_whole && loop->sums[c] > earshot_threshold_steps[c];
    loop->counts[c] += *above;
    return loop->counts[c] >= EARSHOT_NEEDED;
}

int earshot_loop_decide(earshot_loop *loop, const int8_t *outputs, uint8_t *detected)
{
    int found = 0;
    loop->windows_to_wait -= loop->windows_to_wait > 0;
    for (size_t c = 0; c < EARSHOT_CLASSES; c++) {
        const int16_t output = (int16_t)(outputs[c] - EARSHOT_OUTPUT_ZERO_POINT);
        const int active = is_active(loop, c, output, loop->windows_to_wait == 0);
        loop->refractory[c] -= loop->refractory[c] > 0;
        detected[c] = active && loop->refractory[c] == 0;
        if (detected[c]) {
            loop->refractory[c] = EARSHOT_REFRACTORY_WINDOWS;
            found++;
        }
    }
    loop->next_steps = (loop->next_steps + 1) % EARSHOT_SMOOTHING_WINDOWS;
    loop->next_above = (loop->next_above + 1) % EARSHOT_AMONG;
    return found;
}
