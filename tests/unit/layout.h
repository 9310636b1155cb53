/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random images on random machines, and an oracle for what is made of them.
 *
 *   arena   RAM with all destinations; some of it may be the heap's
 *   rest    RAM that is the heap's, with no destination
 *
 * A layout is a function of a seed and a number, so one that fails can be
 * run again by itself: LAYOUT_SEED= and LAYOUT_ONLY= of test-plan.
 */
#ifndef UNIT_LAYOUT_H
#define UNIT_LAYOUT_H

#include <xen/kimage.h>

#include <public/kexec.h>

#define LAYOUT_MAX_PAGES 400

struct layout {
    struct kimage_source source;
    uint64_t seed, nr, random;
    struct maddr_range arena, rest;
    const uint8_t *original;    /* What the arena has at first. */
    bool fragmented;
    bool direct;                /* Loaded without a copy. */
    struct kimage_request req;
    const uint8_t *bufs[KIMAGE_MAX_SEGMENTS];
    uint64_t read[KIMAGE_MAX_SEGMENTS]; /* Bytes that have been asked for. */
};

/* Make machine, heap and request number @nr of @seed. */
void layout_make(struct layout *layout, uint64_t seed, uint64_t nr);

/* Load it: 0 and *@image, or an error, and everything is given back. */
int layout_load(struct layout *layout, struct kimage **image);

/*
 * Hold an image that is loaded against the oracle.  False if something is
 * wrong, which it says.
 */
bool layout_check(struct layout *layout, struct kimage *image);

/*
 * For a crash image: place it, and see that all is where it belongs, and that
 * after @steps steps the plan would still have done it.
 */
bool layout_place(struct layout *layout, struct kimage *image,
                  unsigned int steps);

/* Free the image, and see that the heap is what it was. */
bool layout_free(struct layout *layout, struct kimage *image);

/* Is any of @range in a destination?  A segment without a buffer is none. */
bool layout_is_destination(const struct layout *layout,
                           struct maddr_range range);

/* Bytes for anything: 1 MiB and more of noise. */
extern uint8_t layout_noise[];

#endif /* UNIT_LAYOUT_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
