// The network in TensorFlow Lite Micro: features in, scores out.
#ifndef EARSHOT_CLASSIFIER_H_
#define EARSHOT_CLASSIFIER_H_

#include <stddef.h>
#include <stdint.h>

// Makes the interpreter. False if the arena is too small or an operator is missing.
bool EarshotBegin();

// Features of the next inference, int8, frame by frame: fill all EarshotInputBytes() of them.
int8_t* EarshotInput();
size_t EarshotInputBytes();

// Runs the network on EarshotInput(). Scores, int8 [EARSHOT_CLASSES]; a probability is (score + 128) / 256.
// Null if the inference failed. The interpreter may overwrite the input.
const int8_t* EarshotRun();

#endif  // EARSHOT_CLASSIFIER_H_
