#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include "earshot_classifier.h"
#include "earshot_constants.h"

int main(void) {
  if (!EarshotBegin()) {
    printk("The network does not start: raise EARSHOT_ARENA_BYTES.\n");
    return 1;
  }
  while (true) {
    // Fill EarshotInput() with the features of the last window here, as frontend.json says.
    const int8_t* scores = EarshotRun();
    for (int number = 0; scores != nullptr && number < EARSHOT_CLASSES; ++number) {
      printk("%s %d\n", earshot_labels[number], scores[number]);
    }
    k_sleep(K_SECONDS(1));
  }
}
