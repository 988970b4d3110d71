// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
#include "old/include/uapi/mode.h"
