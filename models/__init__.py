"""What learns: HOG and SVM, and the YOLO network in `models.yolo`."""
