#pragma once

#include <utility>

namespace tonearm::io {

/// A file descriptor that is closed when its owner goes. Closing leaves errno alone: it mostly
/// happens on the way out of something that has failed.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  /// As open(2) and its like return it: -1 is none.
  explicit OwnedDescriptor(int descriptor) : descriptor_(descriptor) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : descriptor_(other.release()) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept;
  ~OwnedDescriptor();

  int get() const { return descriptor_; }
  bool valid() const { return descriptor_ >= 0; }
  /// It is the caller's to close.
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_ = -1;
};

}  // namespace tonearm::io
