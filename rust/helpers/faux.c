// SPDX-License-Identifier: GPL-2.0

#if KMOD_HAS(fn, faux_device_create)

#include <linux/device/faux.h>

__rust_helper struct device *rust_helper_faux_create(const char *name, struct device *parent)
{
	struct faux_device *faux = faux_device_create(name, parent, NULL);

	return faux ? &faux->dev : NULL;
}

__rust_helper void rust_helper_faux_destroy(struct device *dev)
{
	faux_device_destroy(to_faux_device(dev));
}

#else /* The faux bus came with v6.14: before, a platform device and a driver for nothing else. */

#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

static int rust_faux_probe(struct platform_device *pdev)
{
	return 0;
}

__rust_helper struct device *rust_helper_faux_create(const char *name, struct device *parent)
{
	struct platform_driver *drv = kzalloc(sizeof(*drv), GFP_KERNEL);
	struct platform_device *pdev;

	if (!drv)
		return NULL;
	drv->probe = rust_faux_probe;
	drv->prevent_deferred_probe = true;
	drv->driver.suppress_bind_attrs = true;
	drv->driver.name = kstrdup(name, GFP_KERNEL);
	if (!drv->driver.name || __platform_driver_register(drv, THIS_MODULE))
		goto free;

	pdev = platform_device_alloc(name, PLATFORM_DEVID_NONE);
	if (!pdev)
		goto unregister;
	pdev->dev.parent = parent;
	if (platform_device_add(pdev)) {
		platform_device_put(pdev);
		goto unregister;
	}
	if (pdev->dev.driver == &drv->driver)
		return &pdev->dev;

	platform_device_unregister(pdev);
unregister:
	platform_driver_unregister(drv);
free:
	kfree(drv->driver.name);
	kfree(drv);
	return NULL;
}

__rust_helper void rust_helper_faux_destroy(struct device *dev)
{
	struct platform_driver *drv = to_platform_driver(dev->driver);

	platform_device_unregister(to_platform_device(dev));
	platform_driver_unregister(drv);
	kfree(drv->driver.name);
	kfree(drv);
}

#endif
