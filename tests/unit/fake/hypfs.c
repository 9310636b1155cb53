/* SPDX-License-Identifier: GPL-2.0-only */

#include "guest.h"
#include "hypfs.h"

#define MAX_LEAVES 8
#define BUFFER     0x70000      /* In the guest. */

struct hypfs_entry_dir hypfs_root;

static struct hypfs_entry_leaf *leaves[MAX_LEAVES];
static unsigned int nr_leaves;

void hypfs_reset(void)
{
    nr_leaves = 0;
}

static struct hypfs_entry_leaf *find(const char *name)
{
    unsigned int i;

    for ( i = 0; i < nr_leaves; i++ )
        if ( !strcmp(leaves[i]->e.name, name) )
            return leaves[i];

    assert(!"such a leaf");
    return NULL;
}

int hypfs_read(const char *name, void *to, unsigned int size)
{
    const struct hypfs_entry_leaf *leaf = find(name);

    assert(leaf->e.funcs->getsize(&leaf->e) <= size);
    guest_map(BUFFER, to, size, false);

    return leaf->e.funcs->read(&leaf->e,
                               guest_handle_from_ptr(BUFFER, void));
}

int hypfs_write(const char *name, const void *from, unsigned int size)
{
    struct hypfs_entry_leaf *leaf = find(name);

    guest_map(BUFFER, (void *)from, size, true);

    return leaf->e.funcs->write(
        leaf, guest_handle_from_ptr(BUFFER, const_void), size);
}

const struct hypfs_entry *hypfs_node_enter(const struct hypfs_entry *entry)
{
    return entry;
}

void hypfs_node_exit(const struct hypfs_entry *entry)
{
}

int hypfs_read_leaf(const struct hypfs_entry *entry,
                    XEN_GUEST_HANDLE_PARAM(void) uaddr)
{
    const struct hypfs_entry_leaf *leaf =
        container_of(entry, const struct hypfs_entry_leaf, e);

    return guest_write((uint64_t)uaddr.p, leaf->u.content, entry->size)
           ? -EFAULT : 0;
}

int hypfs_write_deny(struct hypfs_entry_leaf *leaf,
                     XEN_GUEST_HANDLE_PARAM(const_void) uaddr,
                     unsigned int ulen)
{
    return -EACCES;
}

unsigned int hypfs_getsize(const struct hypfs_entry *entry)
{
    return entry->size;
}

struct hypfs_entry *hypfs_leaf_findentry(const struct hypfs_entry_dir *dir,
                                         const char *name, unsigned int len)
{
    return NULL;
}

const struct hypfs_funcs hypfs_leaf_ro_funcs = {
    .read = hypfs_read_leaf,
    .write = hypfs_write_deny,
    .getsize = hypfs_getsize,
};

int hypfs_add_dir(struct hypfs_entry_dir *parent, struct hypfs_entry_dir *dir,
                  bool nofault)
{
    return 0;
}

int hypfs_add_leaf(struct hypfs_entry_dir *parent,
                   struct hypfs_entry_leaf *leaf, bool nofault)
{
    assert(nr_leaves < MAX_LEAVES && leaf->u.content);
    leaves[nr_leaves++] = leaf;

    return 0;
}

void hypfs_string_set_reference(struct hypfs_entry_leaf *leaf,
                                const char *text)
{
    leaf->u.content = text;
    leaf->e.size = strlen(text) + 1;
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
