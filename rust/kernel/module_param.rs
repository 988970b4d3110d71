// SPDX-License-Identifier: GPL-2.0
//! Parameters of modules, which are set when the module is loaded.
//!
//! C header: [`include/linux/moduleparam.h`](srctree/include/linux/moduleparam.h)
//!
//! All supported kernels have what this module needs. The macro [`module!`](macros::module) declares parameters; a
//! driver only reads them.

use crate::{
    error::{code::*, from_result, Result},
    ffi::{c_char, c_int, c_void},
    module::ThisModule,
    str::{as_char_ptr_in_const_context, parse_int::ParseInt, BStr, CStr, CStrExt as _},
    sync::SetOnce,
};

/// An entry of the section `__param`, in which the kernel looks for the parameters of a module.
#[repr(transparent)]
pub struct KernelParam(bindings::kernel_param);

impl KernelParam {
    /// Wraps C's struct.
    #[doc(hidden)]
    pub const fn new(val: bindings::kernel_param) -> Self {
        Self(val)
    }
}

// SAFETY: It is never changed, and what it points to is shared too (`ModuleParamAccess`), constant, or C's own.
unsafe impl Sync for KernelParam {}

/// Types that a parameter may have: `bool` and the integers.
pub trait ModuleParam: Sized + Copy {
    /// Reads a value from what follows the equals sign.
    ///
    /// ```
    /// use kernel::{b_str, module_param::ModuleParam};
    ///
    /// assert_eq!(u8::try_from_param_arg(b_str!("0x10")), Ok(16));
    /// assert_eq!(bool::try_from_param_arg(b_str!("off")), Ok(false));
    /// ```
    fn try_from_param_arg(arg: &BStr) -> Result<Self>;
}

macro_rules! int_params {
    ($($ty:ty),*) => {$(
        impl ModuleParam for $ty {
            fn try_from_param_arg(arg: &BStr) -> Result<Self> {
                <$ty as ParseInt>::from_str(arg)
            }
        }
    )*};
}

int_params!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize);

impl ModuleParam for bool {
    fn try_from_param_arg(arg: &BStr) -> Result<Self> {
        crate::str::kstrtobool_bytes(arg)
    }
}

/// A parameter: a default, and the value that was given instead, if any.
///
/// ```
/// use kernel::module_param::ModuleParamAccess;
///
/// static TIMES: ModuleParamAccess<u32> = ModuleParamAccess::new(3);
/// assert_eq!(TIMES.value(), 3);
/// ```
pub struct ModuleParamAccess<T> {
    value: SetOnce<T>,
    default: T,
}

// SAFETY: Shared access to it gives shared access to a `T` only; the value is set by one thread, and not changed any
// more.
unsafe impl<T: Sync> Sync for ModuleParamAccess<T> {}

impl<T> ModuleParamAccess<T> {
    /// A parameter that was not given.
    #[doc(hidden)]
    pub const fn new(default: T) -> Self {
        Self { value: SetOnce::new(), default }
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> T
    where
        T: Copy,
    {
        *self.value_ref()
    }

    /// The value, borrowed.
    pub fn value_ref(&self) -> &T {
        self.value.as_ref().unwrap_or(&self.default)
    }

    /// The pointer that C passes to the function that sets the parameter.
    pub const fn as_void_ptr(&self) -> *mut c_void {
        core::ptr::from_ref(self).cast_mut().cast()
    }
}

/// Sets the parameter of type `T` that `param` describes to `val`; a second time is refused.
///
/// # Safety
///
/// - `val` is null or a NUL-terminated string.
/// - `param` is valid, and was made by [`kernel_param`] for the same `T`.
unsafe extern "C" fn set_param<T: ModuleParam>(val: *const c_char, param: *const bindings::kernel_param) -> c_int {
    from_result(|| {
        if val.is_null() {
            return Err(EINVAL);
        }
        // SAFETY: `val` is not null, so the caller promises a string.
        let arg = unsafe { CStr::from_char_ptr(val) };
        let value = T::try_from_param_arg(arg.as_ref())?;
        // SAFETY: `param` was made by `kernel_param`, which stores the address of a static `ModuleParamAccess<T>`.
        let access = unsafe { &*(*param).__bindgen_anon_1.arg.cast::<ModuleParamAccess<T>>() };
        if access.value.populate(value) {
            Ok(0)
        } else {
            Err(EEXIST)
        }
    })
}

/// Carries the table of functions for the type of a parameter.
struct Ops<T>(T);

impl<T: ModuleParam> Ops<T> {
    const TABLE: bindings::kernel_param_ops =
        bindings::kernel_param_ops { flags: 0, set: Some(set_param::<T>), get: None, free: None };
}

/// The entry of the section `__param` that lets `name=value` set `param`; it cannot be read or set once the module is
/// loaded.
#[doc(hidden)]
pub const fn kernel_param<T: ModuleParam>(
    name: &'static CStr,
    module: &'static ThisModule,
    param: &'static ModuleParamAccess<T>,
) -> KernelParam {
    KernelParam::new(bindings::kernel_param {
        name: as_char_ptr_in_const_context(name),
        mod_: module.as_ptr(),
        ops: const { &Ops::<T>::TABLE },
        perm: 0,
        level: -1,
        flags: 0,
        __bindgen_anon_1: bindings::kernel_param__bindgen_ty_1 { arg: param.as_void_ptr() },
    })
}
