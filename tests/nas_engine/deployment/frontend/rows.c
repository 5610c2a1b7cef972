/* rows PIECE [INPUT OUTPUT]...: 16-bit PCM of each input file, pushed in pieces, to float32 log-mel rows. */
#include <stdio.h>
#include <stdlib.h>

#include "earshot_frontend.h"

static int convert(const char *input, const char *output, size_t piece)
{
    earshot_frontend state;
    float row[EARSHOT_MEL_BINS];
    int16_t *pcm = malloc(piece * sizeof *pcm);
    FILE *in = fopen(input, "rb"), *out = fopen(output, "wb");
    size_t count;
    if (!pcm || !in || !out) {
        return EXIT_FAILURE;
    }
    earshot_frontend_init(&state);
    while ((count = fread(pcm, sizeof *pcm, piece, in)) > 0) {
        const int16_t *next = pcm;
        while (earshot_frontend_push(&state, &next, &count, row)) {
            fwrite(row, sizeof row[0], EARSHOT_MEL_BINS, out);
        }
    }
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
