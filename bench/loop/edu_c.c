// SPDX-License-Identifier: GPL-2.0
/*
 * What drivers/edu is in Rust, in C: the other side of `cargo kmod bench loop`. A BAR, an interrupt, coherent DMA in both
 * directions, a device node.
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#define REG_IDENTITY 0x00
#define REG_LIVENESS 0x04
#define REG_INTERRUPT_STATUS 0x24
#define REG_INTERRUPT_ACKNOWLEDGE 0x64
#define REG_DMA_SOURCE 0x80
#define REG_DMA_DESTINATION 0x88
#define REG_DMA_COUNT 0x90
#define REG_DMA_COMMAND 0x98

#define DMA_START 0x1
#define DMA_TO_HOST 0x2
#define DMA_RAISE_INTERRUPT 0x4

#define MEMORY 0x40000
#define MEMORY_SIZE 4096

struct edu {
	void __iomem *bar;
	void *buffer;
	dma_addr_t bus;
	struct mutex lock;
	struct completion done;
	struct miscdevice misc;
};

static irqreturn_t edu_interrupt(int irq, void *data)
{
	struct edu *edu = data;
	u32 status = readl(edu->bar + REG_INTERRUPT_STATUS);

	if (!status)
		return IRQ_NONE;
	writel(status, edu->bar + REG_INTERRUPT_ACKNOWLEDGE);
	complete(&edu->done);
	return IRQ_HANDLED;
}

static int edu_transfer(struct edu *edu, u64 source, u64 destination, size_t len, u64 direction)
{
	reinit_completion(&edu->done);
	writeq(source, edu->bar + REG_DMA_SOURCE);
	writeq(destination, edu->bar + REG_DMA_DESTINATION);
	writeq(len, edu->bar + REG_DMA_COUNT);
	writeq(DMA_START | DMA_RAISE_INTERRUPT | direction, edu->bar + REG_DMA_COMMAND);
	return wait_for_completion_timeout(&edu->done, 2 * HZ) ? 0 : -ETIMEDOUT;
}

static struct edu *edu_of(struct file *file)
{
	return container_of(file->private_data, struct edu, misc);
}

static ssize_t edu_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	struct edu *edu = edu_of(file);
	int err;

	if (*pos >= MEMORY_SIZE)
		return 0;
	len = min_t(size_t, len, MEMORY_SIZE - *pos);
	mutex_lock(&edu->lock);
	err = edu_transfer(edu, MEMORY + *pos, edu->bus, len, DMA_TO_HOST);
	if (!err && copy_to_user(to, edu->buffer, len))
		err = -EFAULT;
	mutex_unlock(&edu->lock);
	if (err)
		return err;
	*pos += len;
	return len;
}

static ssize_t edu_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct edu *edu = edu_of(file);
	int err;

	if (*pos >= MEMORY_SIZE || len > MEMORY_SIZE - *pos)
		return -EINVAL;
	mutex_lock(&edu->lock);
	err = copy_from_user(edu->buffer, from, len) ? -EFAULT : 0;
	if (!err)
		err = edu_transfer(edu, edu->bus, MEMORY + *pos, len, 0);
	mutex_unlock(&edu->lock);
	if (err)
		return err;
	*pos += len;
	return len;
}

static const struct file_operations edu_fops = {
	.owner = THIS_MODULE,
	.read = edu_read,
	.write = edu_write,
};

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	u32 identity;
	int err;

	if (!edu)
		return -ENOMEM;
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	pci_set_master(pdev);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(28));
	if (err)
		return err;
	edu->bar = pcim_iomap(pdev, 0, 0);
	if (!edu->bar)
		return -ENOMEM;
	identity = readl(edu->bar + REG_IDENTITY);
	writel(0x12345678, edu->bar + REG_LIVENESS);
	if (readl(edu->bar + REG_LIVENESS) != ~0x12345678u)
		return -ENODEV;
	edu->buffer = dmam_alloc_coherent(&pdev->dev, MEMORY_SIZE, &edu->bus, GFP_KERNEL);
	if (!edu->buffer)
		return -ENOMEM;
	mutex_init(&edu->lock);
	init_completion(&edu->done);

	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (err < 0)
		return err;
	err = request_irq(pci_irq_vector(pdev, 0), edu_interrupt, 0, "edu_c", edu);
	if (err)
		goto free_vectors;
	edu->misc.minor = MISC_DYNAMIC_MINOR;
	edu->misc.name = "edu_c";
	edu->misc.fops = &edu_fops;
	err = misc_register(&edu->misc);
	if (err)
		goto free_irq;
	pci_set_drvdata(pdev, edu);
	dev_info(&pdev->dev, "edu %u.%u\n", identity >> 24, (identity >> 16) & 0xff);
	return 0;

free_irq:
	free_irq(pci_irq_vector(pdev, 0), edu);
free_vectors:
	pci_free_irq_vectors(pdev);
	return err;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	misc_deregister(&edu->misc);
	free_irq(pci_irq_vector(pdev, 0), edu);
	pci_free_irq_vectors(pdev);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "edu_c",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("QEMU's teaching device, in C");
MODULE_LICENSE("GPL");
