// SPDX-License-Identifier: GPL-2.0

#include <linux/interrupt.h>
#include <linux/pci.h>

__rust_helper u16 rust_helper_pci_dev_id(struct pci_dev *dev)
{
	return pci_dev_id(dev);
}

__rust_helper resource_size_t rust_helper_pci_resource_start(struct pci_dev *pdev, int bar)
{
	return pci_resource_start(pdev, bar);
}

__rust_helper resource_size_t rust_helper_pci_resource_len(struct pci_dev *pdev, int bar)
{
	return pci_resource_len(pdev, bar);
}

__rust_helper unsigned long rust_helper_pci_resource_flags(struct pci_dev *pdev, int bar)
{
	return pci_resource_flags(pdev, bar);
}

__rust_helper bool rust_helper_dev_is_pci(const struct device *dev)
{
	return dev_is_pci((struct device *)dev);
}

__rust_helper int rust_helper_pci_alloc_irq_vectors(struct pci_dev *dev, unsigned int min_vecs,
						    unsigned int max_vecs, unsigned int flags)
{
	return pci_alloc_irq_vectors(dev, min_vecs, max_vecs, flags);
}

__rust_helper unsigned int rust_helper_pci_irq_type(struct pci_dev *dev)
{
	if (dev->msix_enabled)
		return PCI_IRQ_MSIX;
	if (dev->msi_enabled)
		return PCI_IRQ_MSI;
#ifdef PCI_IRQ_INTX
	return PCI_IRQ_INTX;
#else
	return PCI_IRQ_LEGACY;
#endif
}

/*
 * The core keeps its MSI data as a managed resource of the device, made when vectors are first asked for; a driver in Rust
 * frees its vectors after the managed resources, together with its own data. So the MSI data has to be made before
 * anything else: ask for vectors in a way (more reserved ones than there may be) that fails just after that step.
 */
__rust_helper void rust_helper_pci_make_msi_data(struct pci_dev *dev)
{
	struct irq_affinity impossible = { .pre_vectors = 2 };

	pci_set_power_state(dev, PCI_D0);
	if (pci_alloc_irq_vectors_affinity(dev, 1, 1, PCI_IRQ_MSI | PCI_IRQ_MSIX | PCI_IRQ_AFFINITY, &impossible) > 0)
		pci_free_irq_vectors(dev);
}

/* pci_restore_state(), on most kernels, uses up what was saved. */
__rust_helper void rust_helper_pci_restore_kept_state(struct pci_dev *dev)
{
	bool saved = dev->state_saved;

	pci_restore_state(dev);
	if (saved)
		pci_save_state(dev);
}
