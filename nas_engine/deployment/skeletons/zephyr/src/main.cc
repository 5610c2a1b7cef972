// Zephyr 3.6 or newer: before, k_mem_slab_free took the address of the pointer to a block. The board's devicetree names
// its digital microphone `dmic_dev`, as in Zephyr's own sample samples/drivers/audio/dmic.
#include <zephyr/audio/dmic.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include "earshot_classifier.h"
#include "earshot_loop.h"

namespace {
constexpr size_t kBlockSamples = EARSHOT_SAMPLE_RATE_HZ / 10;  // 100 ms
constexpr size_t kBlockBytes = kBlockSamples * sizeof(int16_t);
// Sound of one hop waits while the network runs, in addition to the blocks that the driver and Hear() hold. Nordic's
// driver also has a queue of its own: let `queue-size` of the microphone's node be as many.
constexpr int kBlocks = (EARSHOT_HOP_ROWS * EARSHOT_HOP_SAMPLES + kBlockSamples - 1) / kBlockSamples + 3;
constexpr int kTimeoutMs = 1000;
constexpr int kDrainMs = 200;  // longer than a block lasts
K_MEM_SLAB_DEFINE_STATIC(slab, kBlockBytes, kBlocks, 4);
earshot_loop loop;

bool StartMicrophone(const struct device* microphone) {
  static struct pcm_stream_cfg stream = {};
  static struct dmic_cfg config = {};
  stream.pcm_rate = EARSHOT_SAMPLE_RATE_HZ;
  stream.pcm_width = 16;
  stream.block_size = kBlockBytes;
  stream.mem_slab = &slab;
  config.io.min_pdm_clk_freq = 1000000;
  config.io.max_pdm_clk_freq = 3500000;
  config.io.min_pdm_clk_dc = 40;
  config.io.max_pdm_clk_dc = 60;
  config.streams = &stream;
  config.channel.req_num_streams = 1;
  config.channel.req_num_chan = 1;
  config.channel.req_chan_map_lo = dmic_build_channel_map(0, 0, PDM_CHAN_LEFT);
  return dmic_configure(microphone, &config) == 0 && dmic_trigger(microphone, DMIC_TRIGGER_START) == 0;
}

// A driver that finds no free block stops, Nordic's for good: begin again, without what was heard before the gap.
void BeginAgain(const struct device* microphone) {
  void* block;
  size_t bytes;
  printk("Sound was lost: the network takes longer than the blocks of sound last.\n");
  dmic_trigger(microphone, DMIC_TRIGGER_STOP);
  while (dmic_read(microphone, 0, &block, &bytes, kDrainMs) == 0) {
    k_mem_slab_free(&slab, block);
  }
  dmic_trigger(microphone, DMIC_TRIGGER_START);
  earshot_loop_init(&loop);
}

void Hear(const int16_t* pcm, size_t count) {
  uint8_t detected[EARSHOT_CLASSES];
  while (earshot_loop_hear(&loop, &pcm, &count)) {
    earshot_loop_input(&loop, EarshotInput());
    const int8_t* scores = EarshotRun();
    if (scores == nullptr) {
      continue;
    }
    earshot_loop_decide(&loop, scores, detected);
    for (int number = 0; number < EARSHOT_CLASSES; ++number) {
      if (detected[number]) {
        printk("%s\n", earshot_labels[number]);
      }
    }
  }
}
}  // namespace

int main(void) {
  const struct device* const microphone = DEVICE_DT_GET(DT_NODELABEL(dmic_dev));
  if (!EarshotBegin()) {
    printk("The network does not start: raise EARSHOT_ARENA_BYTES.\n");
    return 1;
  }
  earshot_loop_init(&loop);
  if (!device_is_ready(microphone) || !StartMicrophone(microphone)) {
    printk("The microphone does not start.\n");
    return 1;
  }
  while (true) {
    void* block;
    size_t bytes;
    if (dmic_read(microphone, 0, &block, &bytes, kTimeoutMs) < 0) {
      BeginAgain(microphone);
      continue;
    }
    Hear(static_cast<const int16_t*>(block), bytes / sizeof(int16_t));
    k_mem_slab_free(&slab, block);
  }
}
