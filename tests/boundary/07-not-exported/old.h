// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// drm_gem_object_free() is declared whether DRM is there or not: the build passes, the link fails.
struct drm_gem_object {
	int handles;
};

void drm_gem_object_free(struct drm_gem_object *obj);
