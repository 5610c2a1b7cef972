/*
 * Always-on loop of an Earshot network: samples in, inputs of the network out, its outputs in, detections out.
 * C99, no heap, integers alone after the front end. Constants are generated from loop.json and thresholds.json.
 *
 *     while (earshot_loop_hear(&loop, &pcm, &count)) {
 *         earshot_loop_input(&loop, input);
 *         run the network on `input`, giving `outputs`
 *         if (earshot_loop_decide(&loop, outputs, detected)) { report the classes c with detected[c] }
 *     }
 */
#ifndef EARSHOT_LOOP_H
#define EARSHOT_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include "earshot_constants.h"
#include "earshot_frontend.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef EARSHOT_FIXED_POINT
/* Sources compiled with it and without have other structures: so they do not link. */
#define earshot_loop_init earshot_loop_init_fixed_point
#endif

/* All memory of the loop: static storage, for it is larger than most stacks. */
typedef struct {
    earshot_frontend frontend;
    int8_t rows[EARSHOT_FRAMES][EARSHOT_MEL_BINS]; /* the latest rows of features, quantised, in a ring */
    int16_t steps[EARSHOT_SMOOTHING_WINDOWS][EARSHOT_CLASSES]; /* latest outputs above the zero point, in a ring */
    uint8_t above[EARSHOT_AMONG][EARSHOT_CLASSES];             /* whether the latest scores were above, in a ring */
    int32_t sums[EARSHOT_CLASSES];                             /* of `steps` */
    uint32_t counts[EARSHOT_CLASSES];                          /* of `above` */
    uint32_t refractory[EARSHOT_CLASSES];                      /* windows until the class may be detected again */
    uint32_t next_row, next_steps, next_above;                 /* places in the rings */
    uint32_t rows_to_wait;                                     /* until the next inference */
    uint32_t windows_to_wait;                                  /* until there is a whole moving average */
} earshot_loop;

/* Begin a stream. */
void earshot_loop_init(earshot_loop *loop);

/*
 * Take samples (16-bit PCM, mono, at EARSHOT_SAMPLE_RATE_HZ) from *pcm until an inference is due or none of the *count
 * samples is left; both are moved past what was taken. Returns 1 if an inference is due. The first one is due when
 * EARSHOT_FRAMES rows have been heard, each next one EARSHOT_HOP_ROWS rows later.
 */
int earshot_loop_hear(earshot_loop *loop, const int16_t **pcm, size_t *count);

/* The network's input, EARSHOT_FRAMES rows of EARSHOT_MEL_BINS, oldest first. */
void earshot_loop_input(const earshot_loop *loop, int8_t *input);

/*
 * Take the EARSHOT_CLASSES outputs of one inference. detected[c] becomes 1 where class c is detected now, else 0.
 * Returns the number of detections.
 */
int earshot_loop_decide(earshot_loop *loop, const int8_t *outputs, uint8_t *detected);

#ifdef __cplusplus
}
#endif

#endif
