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
};

#endif
