// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
// A function went, and nothing has its name.
int device_rename_all(int id);
