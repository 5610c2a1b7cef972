/* Start of a program on an emulated Cortex-M: vector table, floating-point unit, heap; then newlib's own start (rdimon). */
#include <stddef.h>
#include <stdint.h>

extern void _mainCRTStartup(void);
extern char end[], heap_limit[], __stack[];

#define COPROCESSOR_ACCESS (*(volatile uint32_t *)0xE000ED88u)

/* Memory between data and stack. newlib would take what the emulator answers to SYS_HEAPINFO: nothing usable on AN547. */
void *_sbrk(ptrdiff_t bytes);
void *_sbrk(ptrdiff_t bytes)
{
    static char *top = end;
    if (bytes > heap_limit - top) {
        return (void *)-1;
    }
    top += bytes;
    return top - bytes;
}

static void reset(void)
{
#ifdef __ARM_FP
    COPROCESSOR_ACCESS |= 0xFu << 20; /* full access to CP10 and CP11; MVE belongs to them, too */
    __asm volatile("dsb\n\tisb");
#endif
    _mainCRTStartup();
}

/* Any fault ends the emulator with an error: SYS_EXIT with ADP_Stopped_InternalError. */
static void fault(void) { __asm volatile("movs r0, #0x18\n\tldr r1, =0x20024\n\tbkpt 0xAB"); }

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    (uintptr_t)__stack, (uintptr_t)reset, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault,   (uintptr_t)fault, (uintptr_t)fault,
};
