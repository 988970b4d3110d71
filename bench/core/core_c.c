// SPDX-License-Identifier: GPL-2.0
/* The C side of `cargo kmod bench core`: what core_rust.rs does, as a C driver does it. */
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#define IDENTITY 0
#define LIVENESS 4
#define ENTRIES 64
/* The number of the first operation: small ones are the kernel's own. */
#define FIRST 0x4300

struct node {
	struct rb_node rb;
	u32 key;
	u64 value;
};

struct item {
	struct list_head links;
};

struct shared {
	refcount_t count;
	u64 value;
};

struct vec {
	u64 *at;
	size_t len;
	size_t capacity;
};

/* What the operations work on. */
struct state {
	struct pci_dev *device;
	void __iomem *bar;
	spinlock_t spin;
	struct mutex mutex;
	u64 guarded;
	atomic64_t counter;
	struct shared *shared;
	struct xarray array;
	u64 values[ENTRIES];
	struct vec vec;
	struct rb_root tree;
	struct node nodes[ENTRIES];
	struct list_head list;
	struct item items[ENTRIES];
};

/* As `core::hint::black_box`: the compiler does not know what becomes of it. */
#define black_box(value) ({ typeof(value) __value = (value); asm volatile("" : "+r"(__value) : : "memory"); __value; })

/* The loop of each operation. */
#define DEFINE_OPERATION(name, operation)                                                      \
	static noinline int bench_##name(struct state *state, u64 __user *user, u64 count)     \
	{                                                                                      \
		u64 i;                                                                         \
                                                                                               \
		for (i = 0; i < count; i++) {                                                  \
			u32 n = black_box((u32)(i % ENTRIES));                                 \
                                                                                               \
			operation;                                                             \
		}                                                                              \
		return 0;                                                                      \
	}

static void lock_and_count(struct state *state)
{
	spin_lock(&state->spin);
	state->guarded++;
	spin_unlock(&state->spin);
}

static void sleep_and_count(struct state *state)
{
	mutex_lock(&state->mutex);
	state->guarded++;
	mutex_unlock(&state->mutex);
}

static void get_and_put(struct shared *shared)
{
	refcount_inc(&shared->count);
	if (refcount_dec_and_test(&shared->count))
		kfree(shared);
}

static noinline int grow(struct vec *vec)
{
	size_t capacity = vec->capacity ? 2 * vec->capacity : 4;
	u64 *at = krealloc(vec->at, capacity * sizeof(*at), GFP_KERNEL);

	if (!at)
		return -ENOMEM;
	vec->at = at;
	vec->capacity = capacity;
	return 0;
}

static int push(struct vec *vec, u64 value)
{
	if (vec->len == vec->capacity && grow(vec))
		return -ENOMEM;
	vec->at[vec->len++] = value;
	return 0;
}

static int clear_and_push(struct vec *vec, u64 value)
{
	if (vec->len == ENTRIES)
		vec->len = 0;
	return push(vec, value);
}

static void rotate(struct list_head *list)
{
	struct list_head *first;

	if (!list_empty(list)) {
		first = list->next;
		list_del(first);
		list_add_tail(first, list);
	}
}

static u64 *find(struct rb_root *tree, u32 key)
{
	struct rb_node *at = tree->rb_node;

	while (at) {
		struct node *node = rb_entry(at, struct node, rb);

		if (key == node->key)
			return &node->value;
		at = key < node->key ? at->rb_left : at->rb_right;
	}
	return NULL;
}

DEFINE_OPERATION(empty, (void)n)
DEFINE_OPERATION(spin_lock, lock_and_count(state))
DEFINE_OPERATION(mutex_lock, sleep_and_count(state))
DEFINE_OPERATION(refcount, get_and_put(state->shared))
DEFINE_OPERATION(atomic_add, atomic64_add(1, &state->counter))
DEFINE_OPERATION(readl, readl(state->bar + IDENTITY))
DEFINE_OPERATION(writel, writel(1, state->bar + LIVENESS))
DEFINE_OPERATION(vec_push, if (clear_and_push(&state->vec, n)) return -ENOMEM)
DEFINE_OPERATION(xa_load, xa_load(&state->array, n))
DEFINE_OPERATION(copy_from_user, u64 value; if (copy_from_user(&value, user + 1, sizeof(value))) return -EFAULT; black_box(value))
DEFINE_OPERATION(copy_to_user, u64 value = n; if (copy_to_user(user + 1, &value, sizeof(value))) return -EFAULT)
DEFINE_OPERATION(list, rotate(&state->list))
DEFINE_OPERATION(rb_find, black_box(find(&state->tree, n)))
DEFINE_OPERATION(ktime_get, ktime_get())

static int (*const operations[])(struct state *, u64 __user *, u64) = {
	bench_empty, bench_spin_lock, bench_mutex_lock, bench_refcount, bench_atomic_add, bench_readl, bench_writel,
	bench_vec_push, bench_xa_load, bench_copy_from_user, bench_copy_to_user, bench_list, bench_rb_find, bench_ktime_get,
};

static struct state *state;

/* `number` is that of the operation, from `FIRST` on; at `arg` lies how often it is done, and room for one value behind it. */
static long core_ioctl(struct file *file, unsigned int number, unsigned long arg)
{
	u64 __user *user = (u64 __user *)arg;
	u64 count;

	number -= FIRST;
	if (number >= ARRAY_SIZE(operations))
		return -ENOTTY;
	if (get_user(count, user))
		return -EFAULT;
	return operations[number](state, user, count);
}

static const struct file_operations core_operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = core_ioctl,
};

static struct miscdevice core_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "core_c",
	.fops = &core_operations,
};

static void insert(struct rb_root *tree, struct node *node)
{
	struct rb_node **link = &tree->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = node->key < rb_entry(parent, struct node, rb)->key ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&node->rb, parent, link);
	rb_insert_color(&node->rb, tree);
}

static void release(void)
{
	xa_destroy(&state->array);
	kfree(state->vec.at);
	kfree(state->shared);
	if (state->bar)
		pci_iounmap(state->device, state->bar);
	pci_dev_put(state->device);
	kfree(state);
}

/* The device stays core_rust's: no driver is bound here, only the BAR is mapped once more. */
static int __init core_init(void)
{
	int err = -ENODEV;
	u32 n;

	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return -ENOMEM;
	spin_lock_init(&state->spin);
	mutex_init(&state->mutex);
	xa_init(&state->array);
	INIT_LIST_HEAD(&state->list);
	state->device = pci_get_device(0x1234, 0x11e8, NULL);
	if (!state->device)
		goto fail;
	err = -ENOMEM;
	state->bar = pci_iomap(state->device, 0, 0);
	state->shared = kzalloc(sizeof(*state->shared), GFP_KERNEL);
	state->vec.at = kmalloc_array(ENTRIES, sizeof(u64), GFP_KERNEL);
	if (!state->bar || !state->shared || !state->vec.at)
		goto fail;
	state->vec.capacity = ENTRIES;
	refcount_set(&state->shared->count, 1);
	for (n = 0; n < ENTRIES; n++) {
		err = xa_err(xa_store(&state->array, n, &state->values[n], GFP_KERNEL));
		if (err)
			goto fail;
		state->nodes[n].key = n;
		insert(&state->tree, &state->nodes[n]);
		list_add_tail(&state->items[n].links, &state->list);
	}
	err = misc_register(&core_device);
	if (err)
		goto fail;
	return 0;
fail:
	release();
	return err;
}

static void __exit core_exit(void)
{
	misc_deregister(&core_device);
	release();
}

module_init(core_init);
module_exit(core_exit);
MODULE_DESCRIPTION("What drivers do most, in C");
MODULE_AUTHOR("the cargo-kmod developers");
MODULE_LICENSE("GPL");
