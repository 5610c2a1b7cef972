/*
 * rows PIECE [INPUT OUTPUT]...: 16-bit PCM of each input file, pushed in pieces, to log-mel rows, float32 or int32 as the
 * front end has them; where the tables hold a network's input, its int8 rows follow in the same file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "earshot_frontend.h"

/* All rows of the file at `out`, normalised and quantised, to its end. */
static void append_quantised(FILE *out, long rows)
{
#ifdef EARSHOT_INPUT_SCALE
    for (long i = 0; i < rows; i++) {
        earshot_feature row[EARSHOT_MEL_BINS];
        int8_t input[EARSHOT_MEL_BINS];
        fseek(out, i * (long)sizeof row, SEEK_SET);
        if (fread(row, sizeof row, 1, out) != 1) {
            exit(EXIT_FAILURE);
        }
        earshot_frontend_normalise(row);
        earshot_frontend_quantise(row, input);
        fseek(out, rows * (long)sizeof row + i * (long)sizeof input, SEEK_SET);
        fwrite(input, sizeof input, 1, out);
    }
#else
    (void)out;
    (void)rows;
#endif
}

static int convert(const char *input, const char *output, size_t piece)
{
    earshot_frontend state;
    earshot_feature row[EARSHOT_MEL_BINS];
    int16_t *pcm = malloc(piece * sizeof *pcm);
    FILE *in = fopen(input, "rb"), *out = fopen(output, "wb+");
    size_t count;
    long rows = 0;
    if (!pcm || !in || !out) {
        return EXIT_FAILURE;
    }
    earshot_frontend_init(&state);
    while ((count = fread(pcm, sizeof *pcm, piece, in)) > 0) {
        const int16_t *next = pcm;
        while (earshot_frontend_push(&state, &next, &count, row)) {
            fwrite(row, sizeof row[0], EARSHOT_MEL_BINS, out);
            rows++;
        }
    }
    append_quantised(out, rows);
    free(pcm);
    return fclose(in) || fclose(out) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    const size_t piece = count > 1 ? strtoul(arguments[1], NULL, 10) : 0;
    for (int i = 2; piece > 0 && i + 1 < count; i += 2) {
        if (convert(arguments[i], arguments[i + 1], piece) != EXIT_SUCCESS) {
            return EXIT_FAILURE;
        }
    }
    return piece > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
