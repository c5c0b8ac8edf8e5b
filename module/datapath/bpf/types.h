/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the kernel engine are written with: nothing of this is for the process. */
#ifndef DATAPATH_BPF_TYPES_H
#define DATAPATH_BPF_TYPES_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef __s64 int64_t;

#include "layout.h"

#define NULL ((void *)0)

/* What another processor, or the process, may write meanwhile. */
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))

/* Fields of the packet's context are written one by one: the compiler must not make one store of two. */
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))

/* The verifier believes a bound only where the compiler cannot reason it away. */
#define OPAQUE(x) asm volatile("" : "+r"(x))

/* A value that lives long. Registers run out, and then it is on the stack, where Linux before 6.9 without CAP_PERFMON takes a
 * number for a pointer that nothing but a whole word may be written over: "attempt to corrupt spilled pointer on stack". So
 * whatever is on the stack is made of whole words, also what the compiler puts there of its own accord: LASTING keeps it from
 * making less of one.
 */
typedef uint64_t word_t;
#define LASTING(x)                           \
	({                                   \
		word_t lasting_ = (word_t)(x); \
		OPAQUE(lasting_);            \
		lasting_;                    \
	})

/* On the stack, for a map or a helper: it begins with a word. */
#define KEY __attribute__((aligned(8)))

/* A whole word whose first four octets, which are the key of a map, are X. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define AS_KEY(x) ((word_t)(x))
#else
#define AS_KEY(x) ((word_t)(x) << 32)
#endif

/* What is in memory is read again afterwards, not kept. */
#define FORGET() asm volatile("" ::: "memory")

/* To the next program, and in the end to the user engine, or to whomever the packet is for. */
#define PASS TC_ACT_UNSPEC

/* What is to be done with a packet, and by whom. */
enum verdict {
	CARRIED_HERE,
	USER_ENGINE, /* which carries it: what follows it of its flow has to go there, too */
	NOT_CARRIED, /* it is for this bridge, but nothing of it will come out on the other side: the user engine, or the
		      * kernel on the way there, drops it under its reason, or it is no frame but a message between bridges
		      */
	NOT_FOR_US,
	NO_RECORD, /* the ring is full, or the frame is longer than what it takes of one */
};

#endif
