// SPDX-License-Identifier: MIT OR Apache-2.0
int rust_helper_page_order(int page)
{
	return page_order(page);
}
